import { type ParsedPattern, parsePattern } from '../contract/pattern-syntax.ts';
import { classifyPattern, type PatternEngine, type PatternVerdict } from '../contract/patterns.ts';
import { compileRe2 } from '../contract/re2.ts';
import { partialIsSafe } from '../contract/redos.ts';
import { partialSource } from './partial.ts';

/** How the beginnings of matches are found in a stream. `window`: every index that a match could still reach. */
export type ReachPlan =
  | { readonly engine: PatternEngine; readonly source: string }
  | { readonly engine: 'window' };

/** All that takes long to find out about a pattern. Plain data, so that a worker can hand it over. */
export interface Classified {
  readonly verdict: PatternVerdict;
  readonly reach: ReachPlan;
}

const WINDOW: ReachPlan = { engine: 'window' };

/** Slow: see `classifyPattern`. */
export function classify(source: string): Classified {
  const verdict = classifyPattern(source);
  if (!verdict.ok || verdict.streaming === 'buffered') return { verdict, reach: WINDOW };
  return { verdict, reach: planReach(parsePattern(source), verdict.engine) };
}

function planReach(pattern: ParsedPattern, engine: PatternEngine): ReachPlan {
  const js = engine === 'v8' ? partialSource(pattern, 'js') : null;
  if (js !== null && partialIsSafe(js, pattern)) return { engine: 'v8', source: js };
  const re2 = partialSource(pattern, 're2');
  if (re2 === null) return WINDOW;
  try {
    compileRe2(re2, pattern.flags);
    return { engine: 're2', source: re2 };
  } catch {
    return WINDOW;
  }
}
