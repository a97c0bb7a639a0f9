import { CHILD_KINDS } from '../render/index.ts';
import { GATEWAY_LABEL, MANAGED_BY } from '../render/labels.ts';
import { type KubeObject, type Manifest, type ObjectClient, refKey, refOf } from '../runtime/objects.ts';

/** An object that is not ours holds a name that we need. */
export class NotOurs extends Error {
  constructor(object: KubeObject) {
    const { kind, metadata } = object;
    super(
      `${kind} ${metadata.namespace}/${metadata.name} exists and is not managed by ${MANAGED_BY}: rename or remove it`,
    );
    this.name = 'NotOurs';
  }
}

/**
 * Applies the objects in their order. Nothing is taken over: all are checked before the first is applied.
 * @throws NotOurs
 * @throws ObjectError
 */
export async function applyAll(
  client: ObjectClient,
  manifests: readonly Manifest[],
  signal: AbortSignal,
): Promise<void> {
  for (const manifest of manifests) {
    const ref = refOf(manifest);
    // The cache may not have heard of it yet, and what is not ours must not be taken over for that.
    const existing = client.cache.get(ref) ?? (await client.read(ref));
    if (existing !== undefined && !isOurs(existing)) throw new NotOurs(existing);
  }
  for (const manifest of manifests) {
    signal.throwIfAborted();
    await client.apply(manifest);
  }
}

/** Deletes the objects of a gateway that are no longer wanted. */
export async function prune(
  client: ObjectClient,
  namespace: string,
  gateway: string,
  wanted: readonly Manifest[],
): Promise<void> {
  const keep = new Set(wanted.map((manifest) => refKey(refOf(manifest))));
  const children = [...CHILD_KINDS].reverse().flatMap((kind) => client.cache.list(kind, namespace));
  for (const child of children) {
    if (!isOurs(child) || child.metadata.labels?.[GATEWAY_LABEL] !== gateway) continue;
    if (!keep.has(refKey(refOf(child)))) await client.delete(refOf(child), child.metadata.uid);
  }
}

function isOurs(object: KubeObject): boolean {
  return object.metadata.labels?.['app.kubernetes.io/managed-by'] === MANAGED_BY;
}
