import { isIPv4, isIPv6 } from 'node:net';
import type { FixedPattern } from '../fixed-pattern.ts';
import { CONTEXT_LENGTH, precededBy } from './context.ts';

const LOCAL = "\\w.%+'\\u00c0-\\u024f\\u0370-\\u03ff\\u0400-\\u04ff-";
const LABEL = 'a-zA-Z0-9\\u00c0-\\u024f\\u0370-\\u03ff\\u0400-\\u04ff-';

/** Addresses of mail (RFC 5321 §4.5.3.1 for the lengths), with letters beyond ASCII. */
export const EMAIL: FixedPattern = {
  source: `[${LOCAL}]{1,64}@(?:[${LABEL}]{1,63}\\.){1,6}(?:xn--[a-zA-Z0-9]{2,40}|[a-zA-Z\\u00c0-\\u024f\\u0370-\\u03ff\\u0400-\\u04ff]{2,24})`,
  mayHold: (text, from) => text.indexOf('@', from) !== -1,
  // Before its `@` an address is a row of at most 64 units without a space, which more text can only make longer.
  opensAt: (text, from) =>
    text.indexOf('@', from) === -1 ? Math.max(text.length - 64, text.lastIndexOf(' ') + 1) : from,
};

/** Loopback and the unspecified address name nobody. */
const NOBODY = /^(?:127\.|0\.0\.0\.0$)/;

/** Two colons with at most four characters between them: cheaper than to try an address at each character. */
function hasColons(text: string, from: number): boolean {
  let before = -6;
  for (let at = text.indexOf(':', from); at !== -1; at = text.indexOf(':', at + 1)) {
    if (at - before <= 5) return true;
    before = at;
  }
  return false;
}

/** Internet addresses of either version. Numbers of versions look like them and are told by the word before. */
export const IP_ADDRESS: readonly FixedPattern[] = [
  {
    source: '(?<![\\w.-])(?:\\d{1,3}\\.){3}\\d{1,3}(?![\\w-]|\\.\\d)',
    mayHold: (text, from) => text.indexOf('.', from) !== -1,
    contextLength: CONTEXT_LENGTH,
    refine: (text, match) => {
      const found = text.slice(match.start, match.end);
      if (!isIPv4(found) || NOBODY.test(found)) return null;
      return precededBy(text, match.start, /\b(?:version|ver|release|build|v)\b[^\n\d]{0,3}$/i)
        ? null
        : match;
    },
  },
  {
    source:
      '(?<![\\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3})?(?![\\w:])',
    mayHold: hasColons,
    // At most four digits stand before the first colon.
    opensAt: (text, from) => (text.indexOf(':', from) === -1 ? text.length - 4 : from),
    refine: (text, match) => {
      const found = text.slice(match.start, match.end);
      return /[0-9A-Fa-f]:+[0-9A-Fa-f]/.test(found) && /\d/.test(found) && isIPv6(found) ? match : null;
    },
  },
];
