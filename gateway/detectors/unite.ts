import { ALL_UNITS } from '../contract/pattern-first.ts';
import type { TextScanner } from '../policies/kind.ts';
import type { Finder, Match } from './finder.ts';

/** A finder with what its findings are called and what stands in their place. */
export interface Part {
  readonly finder: Finder;
  /** From a fixed set of names. */
  readonly type: string;
  /** Absent for findings that only block. `found` is the text that is replaced. */
  replace?(found: string, match: Match): string;
}

/**
 * One scanner for several finders. Matches that overlap are one finding, over all of their text, with the type and the
 * replacement of the one that begins first (the longest, then the first in the list, where several begin there).
 *
 * Takes time linear in the text for each finder: none looks at the same stretch twice but for its own match.
 */
export function unite(parts: readonly Part[]): TextScanner {
  const finders = parts.map(({ finder }) => finder);
  const begin = beginAll(finders);
  return {
    ...boundsOf(finders),
    scan(text, from, final, emit) {
      const found = begin(text, from, final);
      for (;;) {
        const lead = first(found);
        const hold = lowestHold(found, text.length);
        if (lead === -1) return hold;
        const match = found[lead] as Match;
        if (hold <= match.start) return hold;
        const end = growth(finders, found, match.end, text, final);
        if (end === null) return match.start;
        const part = parts[lead] as Part;
        const replacement = part.replace?.(text.slice(match.start, end), match);
        emit({
          type: part.type,
          start: match.start,
          end,
          ...(replacement === undefined ? {} : { replacement }),
        });
      }
    },
  };
}

/** The first answer of each finder. Those of which no match can begin in the text are not asked. */
export function beginAll(
  finders: readonly Finder[],
): (text: string, from: number, final: boolean) => (Match | number)[] {
  const { ascii, beyond } = startTable(finders);
  const all = ascii.reduce((a, b) => a | b, beyond);
  const ofDigits = finders.filter(({ needsDigit }) => needsDigit).length > 1;
  return (text, from, final) => {
    if (text.length - from > MAX_TABLED_TEXT) {
      // One look for all numbers: most prose has none.
      const spared = final && ofDigits && !hasDigit(text, from);
      return finders.map((finder) =>
        spared && finder.needsDigit ? text.length : finder.next(text, from, final),
      );
    }
    let possible = 0;
    for (let index = from; index < text.length && possible !== all; index += 1) {
      const unit = text.charCodeAt(index);
      possible |= unit < 0x80 ? (ascii[unit] as number) : beyond;
    }
    return finders.map((finder, index) =>
      index < MAX_TABLED && (possible & (1 << index)) === 0 ? text.length : finder.next(text, from, final),
    );
  };
}

function hasDigit(text: string, from: number): boolean {
  const digit = /[0-9]/g;
  digit.lastIndex = from;
  return digit.test(text);
}

/** A piece of a stream is short, and most finders are spared; in a longer text their own search is faster (UTF-16 units). */
const MAX_TABLED_TEXT = 256;
/** Finders that have a bit in the table of starts. */
const MAX_TABLED = 31;

function startTable(finders: readonly Finder[]): { ascii: Int32Array; beyond: number } {
  const ascii = new Int32Array(0x80);
  let beyond = 0;
  finders.slice(0, MAX_TABLED).forEach(({ starts = ALL_UNITS }, index) => {
    for (let unit = 0; unit < 0x80; unit += 1)
      if (starts.ascii[unit] === 1) ascii[unit] = (ascii[unit] as number) | (1 << index);
    if (starts.beyond) beyond |= 1 << index;
  });
  return { ascii, beyond };
}

/** How far a united scanner may match and look back. */
export function boundsOf(finders: readonly Finder[]): Pick<TextScanner, 'maxMatchLength' | 'contextLength'> {
  const lengths = finders.map(({ maxMatchLength }) => maxMatchLength);
  return {
    maxMatchLength: lengths.reduce((a, b) => (a === null || b === null ? null : Math.max(a, b)), 0),
    contextLength: Math.max(0, ...finders.map(({ contextLength }) => contextLength)),
  };
}

/** Index of the match that begins first, or -1. */
export function first(found: readonly (Match | number)[]): number {
  let best = -1;
  for (let index = 0; index < found.length; index += 1) {
    const one = found[index] as Match | number;
    if (typeof one === 'number') continue;
    const other = best === -1 ? null : (found[best] as Match);
    if (other === null || one.start < other.start || (one.start === other.start && one.end > other.end)) {
      best = index;
    }
  }
  return best;
}

export function lowestHold(found: readonly (Match | number)[], otherwise: number): number {
  let lowest = otherwise;
  for (const one of found) if (typeof one === 'number' && one < lowest) lowest = one;
  return lowest;
}

/** Moves every finder beyond the match and all that overlaps it. Returns where that ends, `null` if it is still open. */
function growth(
  finders: readonly Finder[],
  found: (Match | number)[],
  matchEnd: number,
  text: string,
  final: boolean,
): number | null {
  let end = matchEnd;
  for (let before = -1; before !== end; ) {
    before = end;
    for (let index = 0; index < finders.length; index += 1) {
      for (let one = found[index]; typeof one === 'object' && one.start < end; one = found[index]) {
        if (one.end > end) end = one.end;
        found[index] = (finders[index] as Finder).next(text, one.end, final);
      }
      const one = found[index];
      if (typeof one === 'number' && one < end) return null;
    }
  }
  return end;
}
