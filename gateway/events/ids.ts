/** Crockford's base 32, as ULIDs use it. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CODES = Buffer.from(DIGITS, 'latin1');
const TIME_DIGITS = 10;
const RANDOM_DIGITS = 16;
/** A clock that falls back by less keeps counting within the last millisecond (ms). */
const SMALL_STEP_BACK = 1000;

export interface IdSource {
  /** Milliseconds since 1970. */
  clock(): number;
  /** Cryptographically strong random bytes. */
  random(bytes: number): Uint8Array;
}

function timeDigits(ms: number): string {
  let text = '';
  let rest = ms;
  for (let digit = 0; digit < TIME_DIGITS; digit += 1) {
    text = DIGITS[rest % 32]! + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/**
 * Makes ULIDs: 48 bits of time, 80 random bits. Within one millisecond each is the last plus one, so the ids of a
 * process sort by the order they were made in, as long as the clock does not fall back by more than a second.
 */
export function createUlids(source: IdSource): () => string {
  return createIds('', source);
}

function createIds(prefix: string, source: IdSource): () => string {
  let lastMs = -1;
  // Written as bytes, so that the string is in one piece: see `flat`.
  const text = Buffer.alloc(prefix.length + TIME_DIGITS + RANDOM_DIGITS, prefix, 'latin1');
  const randomAt = prefix.length + TIME_DIGITS;
  const digits = new Uint8Array(RANDOM_DIGITS);
  return () => {
    const now = Math.max(0, Math.floor(source.clock()));
    if (now > lastMs || lastMs - now > SMALL_STEP_BACK) {
      lastMs = now;
      text.write(timeDigits(now), prefix.length, 'latin1');
      const bytes = source.random(RANDOM_DIGITS);
      for (let index = 0; index < RANDOM_DIGITS; index += 1) digits[index] = bytes[index]! & 31;
      // The top bit stays clear: 2^79 ids of one millisecond before it could overflow.
      digits[0] = digits[0]! & 15;
    } else {
      let index = RANDOM_DIGITS - 1;
      while (digits[index] === 31) digits[index--] = 0;
      digits[index] = digits[index]! + 1;
    }
    for (let index = 0; index < RANDOM_DIGITS; index += 1) text[randomAt + index] = CODES[digits[index]!]!;
    return text.toString('latin1');
  };
}

/** Makes event ids: `evt_` and a ULID whose time is when the id was made. */
export function createEventIds(source: IdSource): () => string {
  return createIds('evt_', source);
}
