import type { Finder } from './finder.ts';
import { foldText, foldUnit } from './fold.ts';
import { isWordUnit, nextWord } from './words.ts';

/** How many edits a term may be away: never so many that words with little in common with it are taken for it. */
export function distanceFor(term: string, maxDistance: number): number {
  return Math.min(maxDistance, Math.floor((term.length - 1) / 3));
}

/**
 * Finds whole words, or runs of them, that differ from a term by at most so many insertions, deletions and
 * substitutions (Levenshtein), without regard to case. Terms too short to be misspelt are left to the exact list.
 * Returns `null` when no term is long enough.
 */
export function fuzzyFinder(terms: readonly string[], maxDistance: number): Finder | null {
  const looked = [...new Set(terms.map(foldText))]
    .map((term) => new Fuzzy(term, distanceFor(term, maxDistance)))
    .filter(({ distance }) => distance > 0);
  if (looked.length === 0) return null;
  const longest = Math.max(...looked.map((term) => term.maxLength));
  return {
    maxMatchLength: longest,
    contextLength: 1,
    next(text, from, final) {
      for (let start = nextWord(text, from); start < text.length; start = nextWord(text, start + 1)) {
        let end = -1;
        const whole = final || start + longest < text.length;
        const letters = whole ? lettersIn(text, start, start + longest) : EVERY_LETTER;
        for (const term of looked) {
          if (term.lacks(letters)) continue;
          const found = term.match(text, start, final);
          if (found === OPEN) return start;
          if (found > end) end = found;
        }
        if (end !== -1) return { start, end };
      }
      return text.length;
    },
  };
}

const EVERY_LETTER = -1;

/** A set of the characters of a stretch of text, as 32 bits: what it lacks is not there, what it has may be. */
function lettersIn(text: string, start: number, end: number): number {
  let letters = 0;
  for (let index = start; index < end && index < text.length; index += 1) {
    letters |= 1 << (foldUnit(text.charCodeAt(index)) & 31);
  }
  return letters;
}

function bitsOf(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

const NONE = -1;
/** More text may make it a match, or a longer one. */
const OPEN = -2;

class Fuzzy {
  readonly distance: number;
  readonly maxLength: number;
  readonly #term: string;
  /** Row of the edit matrix: distance of the text so far from each beginning of the term. */
  readonly #row: Uint16Array;
  readonly #letters: number;

  constructor(term: string, distance: number) {
    this.#term = term;
    this.distance = distance;
    this.maxLength = term.length + distance;
    this.#letters = lettersIn(term, 0, term.length);
    this.#row = new Uint16Array(term.length + 1);
  }

  /** Each character that the text lacks costs an edit, so too many rule the term out. */
  lacks(letters: number): boolean {
    return bitsOf(this.#letters & ~letters) > this.distance;
  }

  /** End of the longest match that begins at `start`, `NONE` or `OPEN`. */
  match(text: string, start: number, final: boolean): number {
    const { distance, maxLength } = this;
    const row = this.#row;
    const width = this.#term.length;
    for (let column = 0; column <= width; column += 1) row[column] = column;
    let best = NONE;
    const limit = Math.min(text.length, start + maxLength);
    for (let index = start; index < limit; index += 1) {
      const unit = text.charCodeAt(index);
      if (this.#step(foldUnit(unit), index - start + 1) > distance) return best;
      if ((row[width] as number) > distance || !isWordUnit(unit)) continue;
      if (index + 1 === text.length ? final : !isWordUnit(text.charCodeAt(index + 1))) best = index + 1;
    }
    return limit === text.length && !final ? OPEN : best;
  }

  /** Takes one more unit; only a band round the diagonal can be near enough. Returns the least distance in it. */
  #step(unit: number, taken: number): number {
    const row = this.#row;
    const term = this.#term;
    const low = Math.max(1, taken - this.distance);
    const high = Math.min(term.length, taken + this.distance);
    let diagonal = row[low - 1] as number;
    row[low - 1] = low === 1 ? taken : this.distance + 1;
    let least = row[low - 1] as number;
    for (let column = low; column <= high; column += 1) {
      const above = column === taken + this.distance ? this.distance + 1 : (row[column] as number);
      const changed = diagonal + (term.charCodeAt(column - 1) === unit ? 0 : 1);
      diagonal = row[column] as number;
      const cell = Math.min(changed, above + 1, (row[column - 1] as number) + 1);
      row[column] = cell;
      if (cell < least) least = cell;
    }
    if (high < term.length) row[term.length] = this.distance + 1;
    return low > term.length ? this.distance + 1 : least;
  }
}
