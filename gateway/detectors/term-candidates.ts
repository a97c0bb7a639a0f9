import { foldUnit } from './fold.ts';

/** A quick look for places where one of a list of terms may begin. */
export interface Candidates {
  /** Finds every place where a term begins, and some where none does. Has the flag `g`. */
  readonly pattern: RegExp;
  /** Units of a term that the pattern looks at. */
  readonly length: number;
}

/** More units of a term would rule out hardly anything more. */
const MAX_LENGTH = 8;
/** Where so many places of random letters are candidates, a look at each costs less. */
const MAX_SHARE = 1 / 500;
const LETTERS = 26;

/** Units beyond ASCII that fold to one of it: white space and the sign of Kelvin. A test looks for others. */
const BEYOND: Readonly<Record<string, string>> = { ' ': '\\u00a0\\u2009\\u202f', k: '\\u212a' };

/**
 * The first units of all terms, without regard to which of them stand together. V8 runs over text with it by whole
 * words, some ten times as fast as a loop over characters.
 * @param terms folded, none empty
 * @returns null where nearly everything would be a candidate
 */
export function candidatesOf(terms: readonly string[]): Candidates | null {
  const length = Math.min(MAX_LENGTH, ...terms.map((term) => term.length));
  let source = '';
  let share = 1;
  for (let at = 0; at < length; at += 1) {
    const units = new Set(terms.map((term) => term.charCodeAt(at)));
    share *= Math.min(1, units.size / LETTERS);
    source += `[${[...units].map(insideOf).join('')}]`;
  }
  return share > MAX_SHARE ? null : { pattern: new RegExp(source, 'g'), length };
}

/** What folds to a unit, as the inside of a class. For a unit beyond ASCII: all that is beyond. */
function insideOf(folded: number): string {
  if (folded >= 0x80) return '\\u0080-\\uffff';
  let inside = BEYOND[String.fromCharCode(folded)] ?? '';
  for (let unit = 0; unit < 0x80; unit += 1) {
    if (foldUnit(unit) === folded) inside += `\\x${unit.toString(16).padStart(2, '0')}`;
  }
  return inside;
}
