import { needsDigit } from '../contract/pattern-digit.ts';
import { extentOf, windowOf } from '../contract/pattern-extent.ts';
import { startsOf } from '../contract/pattern-first.ts';
import { re2Source } from '../contract/pattern-re2.ts';
import { parsePattern } from '../contract/pattern-syntax.ts';
import type { PatternScanner } from '../policies/kind.ts';
import type { Classified, ReachPlan } from './classify.ts';
import type { Finder } from './finder.ts';
import { re2Reach, re2Search } from './re2-search.ts';
import { type RegexParts, regexFinder } from './regex-finder.ts';
import { v8Reach, v8Search } from './v8-search.ts';

/**
 * The scanner of a classified pattern; under 1 ms.
 * @throws Error for a pattern whose verdict is not ok
 */
export function patternScanner(source: string, { verdict, reach }: Classified): PatternScanner {
  if (!verdict.ok) throw new Error(`pattern cannot run: ${verdict.error}`);
  const pattern = parsePattern(source);
  const buffered = verdict.streaming === 'buffered';
  const finder = regexFinder({
    search:
      verdict.engine === 'v8'
        ? v8Search(pattern.body, pattern.flags)
        : re2Search(re2Source(pattern), pattern.flags),
    reach: reachOf(reach, pattern.flags),
    window: buffered ? Number.POSITIVE_INFINITY : windowOf(extentOf(pattern)),
    starts: startsOf(pattern),
    needsDigit: needsDigit(pattern),
    maxMatchLength: buffered ? null : verdict.maxMatchLength,
    contextLength: verdict.contextLength,
  });
  return scannerOf(finder, verdict.groupNames);
}

function reachOf(plan: ReachPlan, flags: string): RegexParts['reach'] {
  if (plan.engine === 'window') return (_text, from) => from;
  return plan.engine === 'v8' ? v8Reach(plan.source, flags) : re2Reach(plan.source, flags);
}

function scannerOf(finder: Finder, groupNames: Readonly<Record<string, number>>): PatternScanner {
  return {
    maxMatchLength: finder.maxMatchLength,
    contextLength: finder.contextLength,
    ...(finder.starts === undefined ? {} : { starts: finder.starts }),
    ...(finder.needsDigit === undefined ? {} : { needsDigit: finder.needsDigit }),
    groupNames,
    next: finder.next,
    scan(text, from, final, hit) {
      for (let at = from; ; ) {
        const found = finder.next(text, at, final);
        if (typeof found === 'number') return found;
        hit(found.start, found.end, found.groups ?? []);
        at = found.end;
      }
    },
  };
}
