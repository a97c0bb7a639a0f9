import { decodeObject } from '../../operator/kube/decode.ts';
import { resourceOf } from '../../operator/kube/resources.ts';
import type { KubeObject } from '../../operator/runtime/objects.ts';

/** A ConfigMap as an API server sends it. */
export function rawConfigMap(
  name: string,
  resourceVersion: string,
  more: { namespace?: string; uid?: string; data?: Record<string, string> } = {},
): Record<string, unknown> {
  const { namespace = 'team-a', uid = `uid-${name}`, data = {} } = more;
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp: '2026-01-02T03:04:05Z' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
}

/** The same as a cache holds it. */
export function configMap(...args: Parameters<typeof rawConfigMap>): KubeObject {
  return decodeObject(rawConfigMap(...args), resourceOf('ConfigMap'));
}
