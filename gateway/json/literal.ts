const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Finds the end of the string literal whose opening quote is at `start`.
 * @returns the index past the closing quote; its complement (`~`) when the literal holds an escape; 0 when it is
 * not a literal by RFC 8259 (raw control character, unknown escape, no end).
 */
export function scanString(text: string, start: number): number {
  const length = text.length;
  let escaped = false;
  for (let i = start + 1; i < length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) return escaped ? ~(i + 1) : i + 1;
    if (c === BACKSLASH) {
      escaped = true;
      const size = escapeSize(text.charCodeAt(i + 1));
      if (size === 0) return 0;
      if (size === 6 && !fourHex(text, i + 2)) return 0;
      i += size - 1;
    } else if (c < 0x20) return 0;
  }
  return 0;
}

/** Units of the escape that has this character after its backslash; 0 for none that exists. */
export function escapeSize(c: number): number {
  switch (c) {
    case 0x75: // u
      return 6;
    case QUOTE:
    case BACKSLASH:
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return 2;
    default:
      return 0;
  }
}

function fourHex(text: string, at: number): boolean {
  for (let i = at; i < at + 4; i++) if (!isHex(text.charCodeAt(i))) return false;
  return true;
}

export function isHex(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66) || (c >= 0x41 && c <= 0x46);
}

/** @returns the index past the number that starts at `start`, or 0 when none does. */
export function scanNumber(text: string, start: number): number {
  let i = start;
  if (text.charCodeAt(i) === 0x2d) i++;
  if (text.charCodeAt(i) === 0x30) i++;
  else {
    const digits = skipDigits(text, i);
    if (digits === i) return 0;
    i = digits;
  }
  if (text.charCodeAt(i) === 0x2e) {
    const digits = skipDigits(text, i + 1);
    if (digits === i + 1) return 0;
    i = digits;
  }
  const e = text.charCodeAt(i);
  if (e === 0x65 || e === 0x45) {
    const sign = text.charCodeAt(i + 1);
    const from = sign === 0x2b || sign === 0x2d ? i + 2 : i + 1;
    const digits = skipDigits(text, from);
    if (digits === from) return 0;
    i = digits;
  }
  return i;
}

function skipDigits(text: string, from: number): number {
  let i = from;
  for (;;) {
    const c = text.charCodeAt(i);
    if (!(c >= 0x30 && c <= 0x39)) return i;
    i++;
  }
}

/** The inside of the literal that stands for `text`. Lone surrogates are escaped, so the result is valid UTF-8. */
export function escapeText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
