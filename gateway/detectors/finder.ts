import type { UnitSet } from '../contract/pattern-first.ts';

/** One match, in UTF-16 units of the scanned text. */
export interface Match {
  readonly start: number;
  readonly end: number;
  /** Capture groups, the whole match first; absent where the finder has none. */
  readonly groups?: readonly (string | undefined)[];
}

/**
 * The smallest way to look for something in a text that may still grow. Scanners are loops over it.
 *
 * `next` returns the first match at or after `from` that more text cannot change, or, where there is none, the hold:
 * the smallest index at or after `from` where a match could still begin or grow. With `final` true no more text comes
 * and the hold is `text.length`. Its answer depends on nothing but its arguments and the text before `from`, of which
 * it looks at no more than `contextLength` units.
 */
export interface Finder {
  /** UTF-16 units; `null` where a match has no upper bound. */
  readonly maxMatchLength: number | null;
  readonly contextLength: number;
  /** The units with which a match can begin; absent where that is not known. */
  readonly starts?: UnitSet;
  /** Every match has a digit of ASCII in it. */
  readonly needsDigit?: boolean;
  next(text: string, from: number, final: boolean): Match | number;
}

/** The index behind the character that begins at `index`. */
export function after(text: string, index: number): number {
  return isHighSurrogate(text.charCodeAt(index)) ? index + 2 : index + 1;
}

export const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** Whether an index stands between the two halves of one character. */
export function splitsPair(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff && isHighSurrogate(text.charCodeAt(index - 1));
}
