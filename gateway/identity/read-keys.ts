import type { GatewayKey } from '../contract/document.ts';
import type { KeyPage } from '../contract/key-page.ts';
import { isPlain } from '../contract/plain.ts';

const TEXTS = ['team', 'project', 'user', 'use_case', 'expires_at'] as const;
const MEMBERS: ReadonlySet<string> = new Set(['id', 'sha256', 'models', ...TEXTS]);

/** A page as it was read, with the ids of keys that this version cannot judge. */
export type ReadPage = KeyPage & { unreadable: string[] };

/**
 * Reads what the control plane answered. A key with a member that is not known is left out: a limit that this version
 * cannot keep must not be taken for none.
 * @throws Error when it is no page
 */
export function readKeyPage(body: unknown): ReadPage {
  if (!isPlain(body)) throw new Error('the control plane answered something that is no page of keys');
  const { cursor, whole, keys, removed, more } = body;
  const fits =
    typeof cursor === 'string' &&
    typeof whole === 'boolean' &&
    typeof more === 'boolean' &&
    Array.isArray(keys) &&
    keys.every((key) => isPlain(key) && typeof key['id'] === 'string') &&
    Array.isArray(removed) &&
    removed.every((id) => typeof id === 'string');
  if (!fits) throw new Error('the control plane answered something that is no page of keys');
  return {
    cursor,
    whole,
    more,
    removed,
    keys: keys.filter(isKey),
    unreadable: keys.filter((key) => !isKey(key)).map(({ id }) => id),
  };
}

export function isKey(value: unknown): value is GatewayKey {
  if (!isPlain(value)) return false;
  const { id, sha256, models } = value;
  return (
    typeof id === 'string' &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    TEXTS.every((name) => value[name] === undefined || typeof value[name] === 'string') &&
    (models === undefined ||
      (Array.isArray(models) && models.length > 0 && models.every((model) => typeof model === 'string'))) &&
    Object.keys(value).every((name) => MEMBERS.has(name))
  );
}
