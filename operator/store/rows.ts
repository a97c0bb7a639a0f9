import type { AcceptedSpec } from '../domain/snapshot.ts';
import type { NewKey, PutKeyResult, StoredKey } from './keys.ts';
import type { ArchivedRevision, RevisionSummary } from './store.ts';

// The tables of both databases have the same columns; their drivers differ in the types that numbers come as.
type Row = Readonly<Record<string, unknown>>;

export const SUMMARY_FIELDS = 'hash, number, namespace, gateway, objects, compiled_at';
export const REVISION_FIELDS = `${SUMMARY_FIELDS}, document`;

/** Values of `REVISION_FIELDS`, in their order. */
export function revisionValues(revision: ArchivedRevision): (string | number)[] {
  const { hash, number, namespace, gateway, document, objects, compiledAt } = revision;
  return [hash, number, namespace, gateway, JSON.stringify(objects), compiledAt, document];
}

export function revisionOf(row: Row): ArchivedRevision {
  return { ...summaryOf(row), document: String(row['document']) };
}

export function summaryOf(row: Row): RevisionSummary {
  return {
    hash: String(row['hash']),
    number: Number(row['number']),
    namespace: String(row['namespace']),
    gateway: String(row['gateway']),
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

/** Of a new key, in the order of `newKeyValues`. */
export const NEW_KEY_FIELDS =
  'id, sha256, namespace, namespace_uid, gateway, team, project, user_id, use_case, models, expires_at, note, created_at, created_by';
export const KEY_FIELDS = `${NEW_KEY_FIELDS}, revoked_at, revoked_by, created_position, position`;

export function newKeyValues(key: NewKey): (string | number | null)[] {
  const { id, sha256, namespace, namespaceUid, gateway, team, project, user, useCase, models } = key;
  return [
    ...[id, sha256, namespace, namespaceUid, gateway, team, project, user, useCase],
    models === null ? null : JSON.stringify(models),
    ...[key.expiresAt, key.note, key.createdAt, key.createdBy],
  ];
}

export function keyOf(row: Row): StoredKey {
  const text = (name: string): string | null => (row[name] === null ? null : String(row[name]));
  const number = (name: string): number | null => (row[name] === null ? null : Number(row[name]));
  return {
    id: String(row['id']),
    sha256: String(row['sha256']),
    namespace: String(row['namespace']),
    namespaceUid: text('namespace_uid'),
    gateway: text('gateway'),
    team: text('team'),
    project: text('project'),
    user: text('user_id'),
    useCase: text('use_case'),
    models: row['models'] === null ? null : JSON.parse(String(row['models'])),
    expiresAt: number('expires_at'),
    note: text('note'),
    createdAt: Number(row['created_at']),
    createdBy: String(row['created_by']),
    revokedAt: number('revoked_at'),
    revokedBy: text('revoked_by'),
    createdPosition: Number(row['created_position']),
    position: Number(row['position']),
  };
}

/** What comes of a key beside those that have its id or its hash: it may have been kept before. */
export function putBeside(key: NewKey, there: readonly StoredKey[]): PutKeyResult {
  const same = there.find(
    (stored) => key.id === stored.id && key.sha256 === stored.sha256 && key.namespace === stored.namespace,
  );
  return same === undefined ? { result: 'taken' } : { result: 'kept', key: same };
}
