import type { KubeObject } from '../../operator/runtime/objects.ts';

let versions = 0;

/** An object of namespace team-a as a cache holds it; its uid follows from kind and name. */
export function cached(kind: string, name: string, content: object = {}, namespace = 'team-a'): KubeObject {
  const metadata = {
    name,
    namespace,
    uid: `${kind}-${name}`,
    resourceVersion: String(++versions),
    generation: 1,
    creationTimestamp: '2026-01-02T03:04:05Z',
  };
  return { apiVersion: 'governance.keeptrusts.com/v1alpha1', kind, metadata, ...content };
}
