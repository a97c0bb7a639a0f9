import type { UnitSet } from '../contract/pattern-first.ts';
import { after, type Finder, isHighSurrogate, type Match, splitsPair } from './finder.ts';

/** The parts of a finder that depend on the engine. */
export interface RegexParts {
  /** The first match at or after `from` that is not empty, as though no more text came. */
  search(text: string, from: number): Match | null;
  /** The smallest index at or after `from` from which a match could need text that is not there yet. */
  reach(text: string, from: number): number;
  /** Before which index none such is, seen cheaper than by `reach`. */
  opensAt?(text: string, from: number): number;
  /** A match that begins before the last so many units cannot change. `Infinity`: any may. */
  window: number;
  maxMatchLength: number | null;
  contextLength: number;
  starts: UnitSet;
  needsDigit: boolean;
  /** Whether a whole text can hold a match at all; cheaper than the search. */
  mayHold?(text: string, from: number): boolean;
  /** Whether a match can begin at or after `from`, whatever comes behind the text; cheaper than search and reach. */
  mayBegin?(text: string, from: number): boolean;
  /** A second look, such as a checksum: the match, less of it, or nothing. Sees the match and its context only. */
  refine?(text: string, match: Match): Match | null;
}

export function regexFinder(parts: RegexParts): Finder {
  const { search, reach, opensAt, window, mayHold, mayBegin, refine } = parts;
  return {
    maxMatchLength: parts.maxMatchLength,
    contextLength: parts.contextLength,
    starts: parts.starts,
    needsDigit: parts.needsDigit,
    next(whole, from, final) {
      if (!final && window === Number.POSITIVE_INFINITY) return from;
      // Half a character at the end is as good as not there.
      const cut = !final && whole.length > from && isHighSurrogate(whole.charCodeAt(whole.length - 1));
      const text = cut ? whole.slice(0, -1) : whole;
      if (mayBegin?.(text, from) === false) return text.length;
      let at = from;
      for (;;) {
        const match = mayHold?.(text, at) === false ? null : search(text, at);
        if (final) {
          if (match === null) return text.length;
        } else {
          const edge = Math.max(at, text.length - window + 1);
          if (match === null || match.start >= edge) {
            const reached = reach(text, Math.max(edge, opensAt?.(text, edge) ?? 0));
            const open = Math.max(at, splitsPair(text, reached) ? reached - 1 : reached);
            if (match === null || match.start >= open) return open;
          }
        }
        const refined = refine === undefined ? match : refine(text, match);
        if (refined !== null) return refined;
        at = after(text, match.start);
      }
    },
  };
}
