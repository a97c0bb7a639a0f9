import { needsDigit } from '../contract/pattern-digit.ts';
import { extentOf, windowOf } from '../contract/pattern-extent.ts';
import { startsOf } from '../contract/pattern-first.ts';
import { parsePattern } from '../contract/pattern-syntax.ts';
import type { Finder } from './finder.ts';
import { partialSource } from './partial.ts';
import { type RegexParts, regexFinder } from './regex-finder.ts';
import { v8Reach, v8Search } from './v8-search.ts';

/** A pattern that this code brings along: a test has found it, and the beginnings of its matches, safe for V8. */
export interface FixedPattern {
  readonly source: string;
  readonly mayHold?: RegexParts['mayHold'];
  readonly opensAt?: RegexParts['opensAt'];
  /** Words of which one must stand before a match, within the reach of the pattern's look-behind. */
  readonly behind?: RegExp;
  readonly refine?: RegexParts['refine'];
  /** Units before a match that `refine` looks at, where that is more than the pattern itself does. */
  readonly contextLength?: number;
}

/** @throws Error for a source that has no bound or no partial form */
export function fixedPattern(fixed: FixedPattern): Finder {
  const pattern = parsePattern(fixed.source);
  const extent = extentOf(pattern);
  const window = windowOf(extent);
  const partial = partialSource(pattern, 'js');
  if (partial === null || !Number.isFinite(window)) throw new Error(`no bound: ${fixed.source}`);
  return regexFinder({
    search: v8Search(pattern.body, pattern.flags),
    reach: v8Reach(partial, pattern.flags),
    window,
    starts: startsOf(pattern),
    needsDigit: needsDigit(pattern),
    maxMatchLength: extent.maxLength,
    contextLength: Math.max(extent.lookBehind, fixed.contextLength ?? 0),
    ...(fixed.behind === undefined ? {} : { mayBegin: wordsBehind(fixed.behind, extent.lookBehind) }),
    ...(fixed.mayHold === undefined ? {} : { mayHold: fixed.mayHold }),
    ...(fixed.opensAt === undefined ? {} : { opensAt: fixed.opensAt }),
    ...(fixed.refine === undefined ? {} : { refine: fixed.refine }),
  });
}

function wordsBehind(words: RegExp, reach: number): (text: string, from: number) => boolean {
  const regex = new RegExp(words.source, `g${words.flags}`);
  return (text, from) => {
    regex.lastIndex = Math.max(0, from - reach);
    return regex.test(text);
  };
}
