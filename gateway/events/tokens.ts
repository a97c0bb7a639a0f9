import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureFolder } from '../contract/ensure-folder.ts';
import { flat } from '../json/flat.ts';

/** A secret for one period. Who destroys it makes its tokens anonymous. */
export interface TokenKey {
  /** Stands on events as `token_key`. */
  id: string;
  key: Uint8Array;
}

/** Gives the key of the period that a moment lies in (ms since 1970). */
export interface TokenKeys {
  at(ms: number): TokenKey;
}

export interface FileTokenKeysOptions {
  /** Folder of the keys; made with mode 0700. */
  dir: string;
  random(bytes: number): Uint8Array;
}

const KEY_BYTES = 32;
/** Base64url characters of a token: 132 bits. */
const TOKEN_CHARS = 22;
const CACHE_ENTRIES = 1024;

/** `2026-11` */
const periodOf = (ms: number): string => new Date(ms).toISOString().slice(0, 7);

/**
 * Keys of a lone gateway: one a calendar month (UTC), made when first needed and kept in a file of its own with mode
 * 0600, so that a period can be erased by deleting its file.
 */
export function fileTokenKeys({ dir, random }: FileTokenKeysOptions): TokenKeys {
  ensureFolder(dir);
  const make = (period: string): TokenKey => {
    const path = join(dir, `${period}.json`);
    if (!existsSync(path)) {
      const id = `tk_${period}_${Buffer.from(random(4)).toString('hex')}`;
      const key = Buffer.from(random(KEY_BYTES)).toString('base64');
      writeFileSync(`${path}.next`, JSON.stringify({ id, key }), { mode: 0o600, flush: true });
      renameSync(`${path}.next`, path);
    }
    const stored: { id: string; key: string } = JSON.parse(readFileSync(path, 'utf8'));
    const bytes = Buffer.from(stored.key, 'base64');
    if (typeof stored.id !== 'string' || bytes.length !== KEY_BYTES) {
      throw new Error(`the token key ${path} is damaged; delete it to begin a new one`);
    }
    return { id: stored.id, key: bytes };
  };
  let current: { fromMs: number; toMs: number; key: TokenKey } | null = null;
  return {
    at(ms) {
      if (current !== null && ms >= current.fromMs && ms < current.toMs) return current.key;
      const day = new Date(ms);
      const [year, month] = [day.getUTCFullYear(), day.getUTCMonth()];
      const key = make(periodOf(ms));
      current = { fromMs: Date.UTC(year, month), toMs: Date.UTC(year, month + 1), key };
      return key;
    },
  };
}

/** Stands on events instead of a user id or an address: equal for equal values within a period. */
export interface Tokens {
  /** Null stays null. */
  user(value: string | null, ms: number): string | null;
  client(value: string | null, ms: number): string | null;
  /** Id of the key of that moment. */
  keyId(ms: number): string;
  /** Keyed hash of content: a bare hash of a short text could be guessed. `mac:<hex>` */
  contentMac(content: string | Uint8Array, ms: number): string;
}

export function createTokens(keys: TokenKeys): Tokens {
  let cachedFor: TokenKey | null = null;
  const cache = new Map<string, string>();

  function token(prefix: string, purpose: string, value: string | null, ms: number): string | null {
    if (value === null || value === '') return null;
    const key = keys.at(ms);
    if (key !== cachedFor || cache.size >= CACHE_ENTRIES) cache.clear();
    cachedFor = key;
    const input = `${purpose}\0${value}`;
    let made = cache.get(input);
    if (made === undefined) {
      const digest = createHmac('sha256', key.key).update(input).digest('base64url');
      made = flat(prefix + digest.slice(0, TOKEN_CHARS));
      cache.set(input, made);
    }
    return made;
  }

  return {
    user: (value, ms) => token('usr_', 'user', value, ms),
    client: (value, ms) => token('adr_', 'address', value, ms),
    keyId: (ms) => keys.at(ms).id,
    contentMac: (content, ms) =>
      `mac:${createHmac('sha256', keys.at(ms).key).update('content\0').update(content).digest('hex')}`,
  };
}
