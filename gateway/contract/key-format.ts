import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * A gateway key is `kt_gk_<id 10>_<secret 43>_<check 6>` in base 62: a public id, 256 random bits, and the CRC32 of
 * everything before the check, so that a mistyped key is refused without a look-up and scanners can find leaked ones.
 */
const PREFIX = 'kt_gk_';
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 10;
const SECRET_LENGTH = 43;
const CHECK_LENGTH = 6;
const FORM = /^kt_gk_([0-9A-Za-z]{10})_[0-9A-Za-z]{43}_([0-9A-Za-z]{6})$/;

export interface CreatedKey {
  /** The secret value, shown once. */
  value: string;
  /** Public id. */
  id: string;
  /** What stands in `identity.keys`: 64 hex digits. */
  sha256: string;
}

/** True for anything that claims to be a gateway key, however malformed: it is never forwarded. */
export function looksLikeGatewayKey(value: string): boolean {
  return value.startsWith(PREFIX);
}

/** Form and checksum are right. */
export function isWellFormedKey(value: string): boolean {
  const match = FORM.exec(value);
  return match !== null && checkOf(value.slice(0, -CHECK_LENGTH - 1)) === match[2];
}

/** SHA-256 of the whole value, 64 hex digits. A key has 256 random bits, so no slow hash is needed. */
export function hashKey(value: string): string {
  return hash('sha256', value, 'hex');
}

/** Makes a key. `random` must be cryptographically strong. */
export function createKey(random: (bytes: number) => Uint8Array): CreatedKey {
  const id = randomDigits(random, ID_LENGTH);
  const body = `${PREFIX}${id}_${randomDigits(random, SECRET_LENGTH)}`;
  const value = `${body}_${checkOf(body)}`;
  return { value, id, sha256: hashKey(value) };
}

function checkOf(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let digit = 0; digit < CHECK_LENGTH; digit += 1) {
    text = DIGITS[rest % 62]! + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** Each digit is equally likely: bytes of 248 and over are thrown away. */
function randomDigits(random: (bytes: number) => Uint8Array, length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < 248 && text.length < length) text += DIGITS[byte % 62]!;
    }
  }
  return text;
}
