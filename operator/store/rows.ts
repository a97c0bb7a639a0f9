import type { AcceptedSpec } from '../domain/snapshot.ts';
import type { ArchivedRevision } from './store.ts';

// The tables of both databases have the same columns; their drivers differ in the types that numbers come as.
type Row = Readonly<Record<string, unknown>>;

export const REVISION_FIELDS = 'hash, number, namespace, gateway, document, objects, compiled_at';

/** Values of `REVISION_FIELDS`, in their order. */
export function revisionValues(revision: ArchivedRevision): (string | number)[] {
  const { hash, number, namespace, gateway, document, objects, compiledAt } = revision;
  return [hash, number, namespace, gateway, document, JSON.stringify(objects), compiledAt];
}

export function revisionOf(row: Row): ArchivedRevision {
  return {
    hash: String(row['hash']),
    number: Number(row['number']),
    namespace: String(row['namespace']),
    gateway: String(row['gateway']),
    document: String(row['document']),
    objects: JSON.parse(String(row['objects'])),
    compiledAt: Number(row['compiled_at']),
  };
}

export const ACCEPTED_FIELDS = 'kind, namespace, name, uid, generation, spec';

export function acceptedOf(row: Row): AcceptedSpec {
  return {
    kind: String(row['kind']) as AcceptedSpec['kind'],
    namespace: String(row['namespace']),
    name: String(row['name']),
    uid: String(row['uid']),
    generation: Number(row['generation']),
    spec: JSON.parse(String(row['spec'])),
  };
}
