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

/** Words behind which any row of digits is a telephone number, and those behind which one in groups is. */
const PHONE_WORDS =
  /\b(?:phone|tel|telephone|mobile|fax|sms|whatsapp)\b\D{0,24}$|\b(?:cell|desk|home|office|work|direct)\s?[:=]\s{0,4}$/i;
const CALL_WORDS = /\b(?:call|text|cell|reach|contact|messages?|registered)\b[^\n\d]{0,24}$/i;
/** Words that say of ten digits in three groups that they are something else. */
const OTHER_WORDS =
  /\b(?:nhs|id|invoice|order|ref|reference|account|row|serial|case|ticket)\b[ .:#"']{0,4}(?:number|no|nr)?\b[ .:#"']{0,4}(?:is)?[ "']{0,2}$/i;
const within = (number: string, least: number, most: number): boolean => {
  const count = digitsOf(number.replace(/(?:x|ext).*$/i, '')).length;
  return count >= least && count <= most;
};

/** Rows of codes, such as bytes in binary or octal: all of their groups begin with a zero. */
const isRowOfCodes = (number: string): boolean => {
  const groups = number.match(/\d+/g) ?? [];
  return (groups.length > 2 && groups.every((group) => group.startsWith('0'))) || /^[01\s]+$/.test(number);
};
const found = (text: string, match: Match): string => text.slice(match.start, match.end);
const EXTENSION = '(?: ?(?:x|ext\\.?) ?\\d{1,6})?';
const ALONE = '(?!\\w|[-.]\\d)';

/** Telephone numbers: international, North American, with a trunk 0; in other shapes only where named. */
export const PHONE: readonly FixedPattern[] = [
  {
    source: `(?<![\\w+])(?:\\+|00)[1-9](?:[ ./-]?\\(?\\d\\)?){7,16}${EXTENSION}(?!\\d)`,
    refine: (text, match) => {
      const number = found(text, match);
      return within(number, 8, 17) && !isRowOfCodes(number) ? match : null;
    },
  },
  {
    source: `(?<![\\w.+-])(?:(?:\\+|00)?1[ .-])?(?:\\([2-9]\\d\\d\\) ?|[2-9]\\d\\d[ .-])[2-9]\\d\\d[ .-]?\\d{4}${EXTENSION}${ALONE}`,
    contextLength: CONTEXT_LENGTH,
    refine: (text, match) =>
      /^[2-9]\d\d \d{3} ?\d{4}$/.test(found(text, match)) && precededBy(text, match.start, OTHER_WORDS)
        ? null
        : match,
  },
  {
    source: `(?<![\\w.+-])\\(?0[1-9](?:\\)?[ ./-]?\\d){7,10}${ALONE}`,
    refine: (text, match) => {
      const number = found(text, match);
      const isDate = /^\d\d([-./])\d\d\1\d{4}/.test(number);
      const isFinnishId = /^\d{6}-\d{3,4}$/.test(number);
      return /[ ./-]/.test(number) && !isDate && !isFinnishId && !isRowOfCodes(number) ? match : null;
    },
  },
  {
    source: `(?<![\\w.+-])\\(?\\d(?:\\)?[ ./-]?\\d){6,11}${ALONE}`,
    contextLength: CONTEXT_LENGTH,
    refine: (text, match) => {
      const grouped = /\d\D+\d/.test(found(text, match));
      return precededBy(text, match.start, PHONE_WORDS) ||
        (grouped && precededBy(text, match.start, CALL_WORDS))
        ? match
        : null;
    },
  },
];
