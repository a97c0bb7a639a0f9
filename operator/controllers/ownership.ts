import { CHILD_KINDS } from '../render/index.ts';
import { GATEWAY_LABEL, MANAGED_BY } from '../render/labels.ts';
import { childName } from '../render/names.ts';
import type { KubeObject, Manifest, ObjectRef } from '../runtime/objects.ts';

/** An object that is not ours holds a name that we need. */
export class NotOurs extends Error {
  constructor({ kind, metadata }: Manifest) {
    super(
      `${kind} ${metadata.namespace}/${metadata.name} exists and is not managed by ${MANAGED_BY}: rename or remove it`,
    );
    this.name = 'NotOurs';
  }
}

/** Others change an object of ours again and again. */
export class Contested extends Error {
  constructor({ kind, metadata }: Manifest) {
    super(
      `${kind} ${metadata.namespace}/${metadata.name} is changed by others as often as it is put back: find who does, and stop it`,
    );
    this.name = 'Contested';
  }
}

/**
 * Whether a stored object is the one that a manifest speaks of. Labels say so, or an owner: labels may have been
 * changed by a hand, and nobody else makes our resources the owner of an object with this name. An object that only
 * has the first label of ours is somebody's copy.
 */
export function isOurs(stored: KubeObject, manifest: Manifest): boolean {
  if (isChild(stored, manifest.metadata.labels?.[GATEWAY_LABEL])) return true;
  const wanted = new Set(manifest.metadata.ownerReferences?.map(({ uid }) => uid));
  return stored.metadata.ownerReferences?.some(({ uid }) => wanted.has(uid)) === true;
}

/** Whether the labels of an object make it one of the gateway's. */
export function isChild({ metadata: { labels } }: KubeObject, gateway: string | undefined): boolean {
  return labels?.['app.kubernetes.io/managed-by'] === MANAGED_BY && labels[GATEWAY_LABEL] === gateway;
}

/** The objects that a gateway can have, the last applied first. A copy under another name is not ours to delete. */
export function childRefs(namespace: string, gateway: string): ObjectRef[] {
  return [...CHILD_KINDS].reverse().map((kind) => ({ kind, namespace, name: childName(gateway) }));
}
