import type { Identity } from '../contract/document.ts';
import { hashKey, isWellFormedKey, looksLikeGatewayKey } from '../contract/key-format.ts';
import { GatewayError } from '../errors.ts';
import type { Caller, ForwardedCredential } from './caller.ts';
import { type KeyLookup, type KnownKey, knownKey } from './known-key.ts';

/** The headers that identification reads. */
export interface CredentialHeaders {
  authorization: string | undefined;
  apiKey: string | undefined;
  keeptrustsKey: string | undefined;
  /** Names and values in turn, as they came. */
  raw: readonly string[];
}

/** A label longer than this is cut: it is a name, not a text. */
const MAX_LABEL = 256;
const WANTS_KEY = 'This gateway wants a gateway key: send it as "Authorization: Bearer kt_gk_…".';
const NO_KEYS =
  'This gateway lets no caller in: its policy config needs identity.keys, or identity.anonymous where everybody may call.';
const NOBODY: ReadonlyMap<string, string> = new Map();

/**
 * Identifies the callers of one document. Keys are looked up by hash, never compared; where the document and the store
 * hold the same value, the document's entry counts.
 */
export class Identifier {
  readonly #anonymous: boolean;
  readonly #stored: KeyLookup | null;
  readonly #keys = new Map<string, KnownKey>();
  /** Lower-case header name to the field it fills. */
  readonly #trusted: ReadonlyMap<string, string>;

  /**
   * @param anonymousByDefault what holds where the document has no `identity` section
   * @param stored keys of the control plane; null where this gateway takes none from it
   */
  constructor(identity: Identity | undefined, anonymousByDefault: boolean, stored: KeyLookup | null = null) {
    this.#stored = stored;
    this.#anonymous = identity?.anonymous ?? anonymousByDefault;
    for (const key of identity?.keys ?? []) {
      this.#keys.set(key.sha256.toLowerCase(), knownKey(key));
    }
    const trusted = Object.entries(identity?.trusted_headers ?? {});
    this.#trusted =
      trusted.length === 0
        ? NOBODY
        : new Map(trusted.map(([field, header]) => [header.toLowerCase(), field]));
  }

  /**
   * @param nowMs milliseconds since the epoch
   * @throws GatewayError `missing_key`, `invalid_key`, `expired_key`
   */
  identify(headers: CredentialHeaders, nowMs: number): Caller {
    const bearer = bearerOf(headers.authorization);
    const value = gatewayKeyOf(headers.keeptrustsKey, bearer, headers.apiKey);
    const known = value === null ? null : this.#find(value, nowMs);
    if (known === null && !this.#anonymous) {
      throw new GatewayError(
        'missing_key',
        this.#keys.size === 0 && this.#stored === null ? NO_KEYS : WANTS_KEY,
      );
    }
    const told = this.#told(headers.raw);
    const key = known?.key ?? null;
    return {
      key,
      team: key?.team ?? told?.team ?? null,
      project: key?.project ?? told?.project ?? null,
      user: key?.user ?? told?.user ?? null,
      useCase: key?.use_case ?? told?.use_case ?? null,
      taskId: told?.task_id ?? null,
      models: known?.models ?? null,
      credential: credentialOf(headers),
    };
  }

  #find(value: string, nowMs: number): KnownKey {
    if (!isWellFormedKey(value)) {
      throw new GatewayError(
        'invalid_key',
        'The gateway key is mistyped or cut: its checksum does not match.',
      );
    }
    const sha256 = hashKey(value);
    const known = this.#keys.get(sha256) ?? this.#stored?.find(sha256);
    if (known === undefined) {
      throw new GatewayError('invalid_key', 'This gateway does not know the key; it may have been revoked.');
    }
    // A date that cannot be read counts as past.
    if (!(nowMs < known.expiresAt)) {
      throw new GatewayError(
        'expired_key',
        `The gateway key ${known.key.id} expired at ${known.key.expires_at}.`,
      );
    }
    return known;
  }

  #told(raw: readonly string[]): Partial<Record<string, string>> | null {
    if (this.#trusted.size === 0) return null;
    const told: Partial<Record<string, string>> = {};
    for (let index = 0; index < raw.length; index += 2) {
      const field = this.#trusted.get(raw[index]!.toLowerCase());
      const value = raw[index + 1]!;
      if (field !== undefined && value !== '') told[field] ??= value.slice(0, MAX_LABEL);
    }
    return told;
  }
}

const SCHEME = /^bearer[ \t]+/i;

/** What a bearer header holds. A gateway key without a scheme counts as one: clients forget it. */
function bearerOf(authorization: string | undefined): string | null {
  if (authorization === undefined) return null;
  if (looksLikeGatewayKey(authorization)) return authorization;
  const scheme = SCHEME.exec(authorization);
  return scheme === null ? null : authorization.slice(scheme[0].length).trim();
}

function gatewayKeyOf(
  own: string | undefined,
  bearer: string | null,
  apiKey: string | undefined,
): string | null {
  if (own !== undefined) return own.trim();
  if (bearer !== null && looksLikeGatewayKey(bearer)) return bearer;
  if (apiKey === undefined) return null;
  const key = apiKey.replace(SCHEME, '').trim();
  return looksLikeGatewayKey(key) ? key : null;
}

/** What holds no gateway key is the caller's own credential for a provider. */
function credentialOf({ authorization, apiKey }: CredentialHeaders): ForwardedCredential | null {
  if (authorization !== undefined && !holdsGatewayKey(authorization)) {
    return { header: 'authorization', value: authorization };
  }
  if (apiKey !== undefined && !holdsGatewayKey(apiKey)) return { header: 'x-api-key', value: apiKey };
  return null;
}

/** A gateway key anywhere in the value, in whatever scheme or quotes, or as one half of a Basic credential. */
function holdsGatewayKey(value: string): boolean {
  if (/kt_gk_/i.test(value)) return true;
  const basic = /^basic[ \t]+([^ \t]+)/i.exec(value);
  return basic !== null && /kt_gk_/i.test(Buffer.from(basic[1]!, 'base64').toString('latin1'));
}
