import { extentOf } from '../contract/pattern-extent.ts';
import { parsePattern } from '../contract/pattern-syntax.ts';
import { windowOf } from '../contract/patterns.ts';
import type { Finder } from './finder.ts';
import { partialSource } from './partial.ts';
import { type RegexParts, regexFinder } from './regex-finder.ts';
import { v8Reach, v8Search } from './v8-search.ts';

/** A pattern that this code brings along: a test has found it, and the beginnings of its matches, safe for V8. */
export interface FixedPattern {
  readonly source: string;
  readonly mayHold?: RegexParts['mayHold'];
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
    maxMatchLength: extent.maxLength,
    contextLength: Math.max(extent.lookBehind, fixed.contextLength ?? 0),
    ...(fixed.mayHold === undefined ? {} : { mayHold: fixed.mayHold }),
    ...(fixed.refine === undefined ? {} : { refine: fixed.refine }),
  });
}
