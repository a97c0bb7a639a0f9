import type { GatewayKey } from '../../gateway/contract/document.ts';
import type { KeyPage } from '../../gateway/contract/key-page.ts';
import { defined } from '../../gateway/contract/plain.ts';
import type { KeyStore, StoredKey } from '../store/keys.ts';
import type { KeyFeed } from './key-feed.ts';

export interface KeyPagesParts {
  store: KeyStore & { identity(): Promise<string> };
  feed: KeyFeed;
  /** Milliseconds from an arbitrary start. */
  monotonic(): number;
}

export interface KeyPageQuery {
  namespace: string;
  /** Null where namespaces have none. */
  namespaceUid: string | null;
  gateway: string;
  /** As it was sent; null for everything. */
  after: string | null;
  /** Milliseconds to wait at most for a change. */
  waitMs: number;
  /** The gateway has hung up. */
  signal: AbortSignal;
}

/** How far a gateway has read. `until` is set while it reads everything in force at that position for the first time. */
interface Place {
  after: number;
  until: number | null;
}

const PAGE = 250;
const CURSOR = /^([0-9a-f-]{36}(?:~[^.]{1,64})?)\.(\d{1,15})(?:\.(\d{1,15}))?$/;

/**
 * The next page for a gateway: at once where there is something to tell, else when there is, or after the wait. A cursor
 * of another store, of an earlier namespace of that name, or of a later state than the store's (it was put back from a
 * backup), begins anew.
 * @throws StoreError
 */
export async function nextKeyPage(parts: KeyPagesParts, query: KeyPageQuery): Promise<KeyPage> {
  const { store, feed, monotonic } = parts;
  const { signal, waitMs, namespaceUid } = query;
  const storeIdentity = await store.identity();
  const identity = namespaceUid === null ? storeIdentity : `${storeIdentity}~${namespaceUid}`;
  const end = monotonic() + waitMs;
  let place = readCursor(query.after, identity);
  for (;;) {
    const whole = place === null;
    const from: Place = place ?? { after: 0, until: await store.keyPosition() };
    const { keys, position, more } = await store.listKeyChanges({ ...query, ...from, limit: PAGE });
    if (from.until === null && position < from.after) {
      place = null;
      continue;
    }
    // When what was in force is read, what has changed meanwhile comes next.
    const beginning = from.until !== null;
    const next: Place = { after: position, until: beginning && more ? from.until : null };
    const left = end - monotonic();
    if (whole || beginning || keys.length > 0 || left <= 0 || signal.aborted || feed.closed) {
      return {
        cursor: writeCursor(next, identity),
        whole,
        keys: keys.filter(({ revokedAt }) => revokedAt === null).map(toDocument),
        removed: keys.filter(({ revokedAt }) => revokedAt !== null).map(({ id }) => id),
        more: more || beginning,
      };
    }
    place = next;
    await feed.wait(position, left, signal);
  }
}

function toDocument(key: StoredKey): GatewayKey {
  const { id, sha256, team, project, user, useCase, models, expiresAt } = key;
  const said = {
    team: team ?? undefined,
    project: project ?? undefined,
    user: user ?? undefined,
    use_case: useCase ?? undefined,
    models: models ?? undefined,
    expires_at: expiresAt === null ? undefined : new Date(expiresAt).toISOString(),
  };
  return { id, sha256, ...defined(said) };
}

/** Null for what is not of this store and namespace. */
function readCursor(text: string | null, identity: string): Place | null {
  const [, of, after, until] = CURSOR.exec(text ?? '') ?? [];
  if (of !== identity) return null;
  return { after: Number(after), until: until === undefined ? null : Number(until) };
}

function writeCursor({ after, until }: Place, identity: string): string {
  return `${identity}.${after}${until === null ? '' : `.${until}`}`;
}
