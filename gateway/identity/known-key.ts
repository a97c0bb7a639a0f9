import type { GatewayKey } from '../contract/document.ts';

/** A key with what is asked of it at each request, made ready. */
export interface KnownKey {
  readonly key: GatewayKey;
  /** Names of the models that may be asked for; null for all. */
  readonly models: ReadonlySet<string> | null;
  /** Milliseconds since the epoch; `Infinity` where it does not end, NaN where nobody can read when. */
  readonly expiresAt: number;
}

/** Keys beside those of the document. */
export interface KeyLookup {
  /** @param sha256 of the whole value, in lower-case hex */
  find(sha256: string): KnownKey | undefined;
}

export function knownKey(key: GatewayKey): KnownKey {
  return {
    key,
    models: key.models === undefined ? null : new Set(key.models),
    expiresAt: key.expires_at === undefined ? Number.POSITIVE_INFINITY : Date.parse(key.expires_at),
  };
}
