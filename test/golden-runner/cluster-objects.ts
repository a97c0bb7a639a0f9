import { setTimeout as delay } from 'node:timers/promises';
import { API_VERSION, KINDS } from '../../operator/domain/snapshot.ts';
import { CHILD_KINDS } from '../../operator/render/index.ts';
import type { KubeObject, Manifest } from '../../operator/runtime/objects.ts';
import type { KubeApi } from '../fakes/kube-api.ts';

export type Json = Record<string, unknown>;

const API_VERSIONS: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  ConfigMap: 'v1',
  Secret: 'v1',
  Service: 'v1',
  ServiceAccount: 'v1',
};

/** All that a scenario may leave behind, owners first. */
const LEFTOVERS = [...Object.values(KINDS), ...CHILD_KINDS, 'Secret', 'RoleBinding', 'Role'];

/** What every namespace has by itself. */
const GIVEN: ReadonlySet<string> = new Set(['ServiceAccount/default', 'ConfigMap/kube-root-ca.crt']);

export function metaOf(object: Json): KubeObject['metadata'] {
  return object['metadata'] as KubeObject['metadata'];
}

export function pathOf({
  apiVersion,
  kind,
  metadata,
}: Pick<Manifest, 'apiVersion' | 'kind' | 'metadata'>): string {
  return `${collectionOf(apiVersion, kind, metadata.namespace)}/${metadata.name}`;
}

function collectionOf(apiVersion: string, kind: string, namespace: string): string {
  const plural = `${kind.toLowerCase()}s`.replace(/([^aeiou])ys$/, '$1ies');
  return `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}/namespaces/${namespace}/${plural}`;
}

/** The objects of a kind, which a list of the cluster's own kinds does not name. */
export async function listObjects(api: KubeApi, kind: string, namespace: string): Promise<Json[]> {
  const apiVersion = API_VERSIONS[kind] ?? API_VERSION;
  const list = await api.must('GET', collectionOf(apiVersion, kind, namespace));
  return (list['items'] as Json[]).map((item) => ({ ...item, apiVersion, kind }));
}

/** Makes a namespace, when one that is being deleted is gone. @throws Error when it stays in use */
export async function makeNamespace(api: KubeApi, name: string): Promise<void> {
  for (const end = Date.now() + 60_000; ; await delay(250)) {
    const answer = await api.call('POST', '/api/v1/namespaces', { metadata: { name } });
    if (answer.status < 300) return;
    if (answer.status !== 409) throw new Error(String(answer.body['message']));
    if (Date.now() > end)
      throw new Error(`namespace ${name} is in use, and scenarios need it for themselves`);
  }
}

/** Deletes what a scenario left in a namespace, and waits until it is gone. */
export async function cleanNamespace(api: KubeApi, namespace: string): Promise<void> {
  for (const kind of LEFTOVERS) {
    for (const end = Date.now() + 20_000; ; await delay(20)) {
      const left = (await listObjects(api, kind, namespace)).filter(
        (object) => !GIVEN.has(`${kind}/${metaOf(object).name}`),
      );
      if (left.length === 0) break;
      if (Date.now() > end) throw new Error(`${kind} ${namespace}/${metaOf(left[0]!).name} does not go`);
      for (const object of left) await api.call('DELETE', pathOf(object as unknown as Manifest));
    }
  }
}
