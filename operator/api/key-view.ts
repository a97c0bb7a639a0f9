import type { StoredKey } from '../store/keys.ts';
import { ApiError } from './errors.ts';
import type { Namespaces } from './namespaces.ts';

/** The uid of a namespace; undefined where there is none, `unknown` where nobody can say. */
type Present = { uid: string | null | undefined } | 'unknown';

/** Keys as people see them, with the state of each now. */
export async function keyViews(
  keys: readonly StoredKey[],
  { now, namespaces }: { now: number; namespaces: Namespaces },
): Promise<object[]> {
  const present = new Map<string, Present>();
  const names = new Set(keys.filter(({ revokedAt }) => revokedAt === null).map(({ namespace }) => namespace));
  // One after the other: where the first cannot be asked, the others are not even tried.
  for (const name of names) present.set(name, await presentOf(namespaces, name));
  return keys.map((key) => keyView(key, stateOf(key, now, present.get(key.namespace) ?? 'unknown')));
}

/** A key as people see it: without its hash, which tells them nothing. */
export function keyView(key: StoredKey, state: string): object {
  const { id, namespace, gateway, team, project, user, useCase, models, note, createdBy, revokedBy } = key;
  return {
    id,
    prefix: `kt_gk_${id}`,
    namespace,
    gateway,
    team,
    project,
    user,
    use_case: useCase,
    models,
    note,
    state,
    expires_at: timeOf(key.expiresAt),
    created_at: timeOf(key.createdAt),
    created_by: createdBy,
    revoked_at: timeOf(key.revokedAt),
    revoked_by: revokedBy,
  };
}

async function presentOf(namespaces: Namespaces, name: string): Promise<Present> {
  try {
    return { uid: await namespaces.uidOf(name) };
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not_found') return { uid: undefined };
    if (error instanceof ApiError && error.code === 'access_not_checked') return 'unknown';
    throw error;
  }
}

function stateOf({ revokedAt, expiresAt, namespaceUid }: StoredKey, now: number, present: Present): string {
  if (revokedAt !== null) return 'revoked';
  if (present !== 'unknown' && present.uid !== namespaceUid) return 'namespace_deleted';
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  return present === 'unknown' ? 'unknown' : 'active';
}

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
