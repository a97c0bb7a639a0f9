import type { Match } from '../finder.ts';
import type { FixedPattern } from '../fixed-pattern.ts';
import { digitsOf, isCardNumber, isNpi } from './checksums.ts';
import { CONTEXT_LENGTH, precededBy } from './context.ts';

/** Social security numbers: area, group and serial within what is issued; without separators only where named. */
export const SSN: readonly FixedPattern[] = [
  {
    source:
      '(?<![\\w-])(?!000|666|9)\\d{3}(?:-(?!00)\\d\\d-|[ .](?!00)\\d\\d[ .])(?!0000)\\d{4}(?!\\d|[-.]\\d)',
  },
  {
    source: '(?<!\\d)(?!000|666|9)\\d{3}(?!00)\\d\\d(?!0000)\\d{4}(?!\\d)',
    contextLength: CONTEXT_LENGTH,
    refine: (text, match) =>
      precededBy(text, match.start, /\b(?:ssn|soc(?:ial)?[ .-]{0,2}sec(?:urity)?)\b[^\n\d]{0,20}$/i)
        ? match
        : null,
  },
];

/** Payment cards, solid or in groups. What follows the number in a group of its own is not part of it. */
export const CREDIT_CARD: readonly FixedPattern[] = [
  {
    source: '(?<!\\d|\\d[.,])\\d{12,19}(?!\\d)',
    refine: (text, match) => (isCardNumber(text.slice(match.start, match.end)) ? match : null),
  },
  {
    source:
      '(?<!\\d)\\d{4}[ .\\u00a0-](?:\\d{4}[ .\\u00a0-]\\d{4}[ .\\u00a0-]\\d{1,4}(?:[ .\\u00a0-]\\d{1,3})?|\\d{6}[ .\\u00a0-]\\d{4,5})(?!\\d)',
    refine: (text, { start, end }) => {
      const found = text.slice(start, end);
      if (isCardNumber(digitsOf(found))) return { start, end };
      const shorter = found.replace(/\D\d+$/, '');
      return isCardNumber(digitsOf(shorter)) ? { start, end: start + shorter.length } : null;
    },
  },
];

/** National Provider Identifiers: one number in ten passes the check, so the words before it must say what it is. */
export const NPI: FixedPattern = {
  source: '(?<!\\d)[12]\\d{9}(?!\\d)',
  contextLength: CONTEXT_LENGTH,
  refine: (text, match) =>
    isNpi(text.slice(match.start, match.end)) &&
    precededBy(text, match.start, /\b(?:npi|national provider|provider|physician|prescriber)\b/i)
      ? match
      : null,
};

const PHONE_WORDS =
  /\b(?:phone|tel|telephone|mobile|cell|fax|call|text|sms|whatsapp|reach|contact)\b[^\n\d]{0,24}$/i;
const within = (number: string, least: number, most: number): boolean => {
  const count = digitsOf(number.replace(/(?:x|ext).*$/i, '')).length;
  return count >= least && count <= most;
};

const found = (text: string, match: Match): string => text.slice(match.start, match.end);
const EXTENSION = '(?: ?(?:x|ext\\.?) ?\\d{1,6})?';
const ALONE = '(?!\\d|[-.]\\d)';

/** Telephone numbers: international, North American, with a trunk 0; in other shapes only where named. */
export const PHONE: readonly FixedPattern[] = [
  {
    source: `(?<![\\w+])(?:\\+|00)[1-9](?:[ ./-]?\\(?\\d\\)?){7,16}${EXTENSION}(?!\\d)`,
    refine: (text, match) => (within(found(text, match), 8, 17) ? match : null),
  },
  {
    source: `(?<![\\w.+-])(?:(?:\\+|00)?1[ .-])?(?:\\([2-9]\\d\\d\\) ?|[2-9]\\d\\d[ .-])[2-9]\\d\\d[ .-]?\\d{4}${EXTENSION}${ALONE}`,
  },
  {
    source: `(?<![\\w.+-])\\(?0\\d(?:\\)?[ ./-]?\\d){7,10}${ALONE}`,
    refine: (text, match) => {
      const number = found(text, match);
      return /[ ./-]/.test(number) && !/^\d\d([-./])\d\d\1\d{4}/.test(number) ? match : null;
    },
  },
  {
    source: `(?<![\\w.+-])\\(?\\d(?:\\)?[ ./-]?\\d){6,11}${ALONE}`,
    contextLength: CONTEXT_LENGTH,
    refine: (text, match) => (precededBy(text, match.start, PHONE_WORDS) ? match : null),
  },
];
