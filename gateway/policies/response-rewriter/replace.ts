import type { Finder, Match } from '../../detectors/finder.ts';
import { beginAll, boundsOf, first, lowestHold } from '../../detectors/unite.ts';
import type { TextScanner } from '../kind.ts';

/** A rule that replaces, ready to run. */
export interface Replacer {
  readonly finder: Finder;
  readonly name: string;
  replace(match: Match): string;
}

/** Scans with several rules. Of matches that overlap the first is made; the search goes on behind it. */
export function replaceScanner(rules: readonly Replacer[]): TextScanner {
  const finders = rules.map(({ finder }) => finder);
  const begin = beginAll(finders);
  return {
    ...boundsOf(finders),
    scan(text, from, final, emit) {
      const found = begin(text, from, final);
      for (;;) {
        const index = first(found);
        const hold = lowestHold(found, text.length);
        if (index === -1) return hold;
        const match = found[index] as Match;
        if (hold <= match.start) return hold;
        const rule = rules[index] as Replacer;
        emit({ type: rule.name, start: match.start, end: match.end, replacement: rule.replace(match) });
        for (let other = 0; other < found.length; other += 1) {
          const one = found[other] as Match | number;
          const start = typeof one === 'number' ? one : one.start;
          if (start < match.end) found[other] = (finders[other] as Finder).next(text, match.end, final);
        }
      }
    },
  };
}
