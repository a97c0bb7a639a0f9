import { CHILD_KINDS } from '../render/index.ts';
import { GATEWAY_LABEL, MANAGED_BY } from '../render/labels.ts';
import { childName } from '../render/names.ts';
import type { KubeObject, Manifest, ObjectCache } from '../runtime/objects.ts';

/** An object that is not ours holds a name that we need. */
export class NotOurs extends Error {
  constructor({ kind, metadata }: KubeObject) {
    super(
      `${kind} ${metadata.namespace}/${metadata.name} exists and is not managed by ${MANAGED_BY}: rename or remove it`,
    );
    this.name = 'NotOurs';
  }
}

/**
 * Whether a stored object is the one that a manifest speaks of. Labels say so, or an owner: labels may have been
 * changed by a hand, and nobody else makes our resources the owner of an object with this name. An object that only
 * has the first label of ours is somebody's copy.
 */
export function isOurs(stored: KubeObject, manifest: Manifest): boolean {
  const gateway = manifest.metadata.labels?.[GATEWAY_LABEL];
  if (isManaged(stored) && stored.metadata.labels?.[GATEWAY_LABEL] === gateway) return true;
  const wanted = new Set(manifest.metadata.ownerReferences?.map(({ uid }) => uid));
  return stored.metadata.ownerReferences?.some(({ uid }) => wanted.has(uid)) === true;
}

/** Objects of a gateway as the cache knows them, last applied first. A copy under another name is not ours to delete. */
export function childrenOf(cache: ObjectCache, namespace: string, gateway: string): KubeObject[] {
  return [...CHILD_KINDS]
    .reverse()
    .flatMap((kind) => cache.get({ kind, namespace, name: childName(gateway) }) ?? [])
    .filter((child) => isManaged(child) && child.metadata.labels?.[GATEWAY_LABEL] === gateway);
}

function isManaged(object: KubeObject): boolean {
  return object.metadata.labels?.['app.kubernetes.io/managed-by'] === MANAGED_BY;
}
