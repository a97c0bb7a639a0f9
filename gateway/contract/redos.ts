import { checkSync } from 'recheck';
import { countedCost } from './pattern-cost.ts';
import { ALL_UNITS } from './pattern-first.ts';
import type { ParsedPattern } from './pattern-syntax.ts';

/** Steps at one place of the text that a backtracking engine may spend on counted repeats. */
const MAX_COUNTED_COST = 512;
/** Milliseconds for patterns that only the fuzzing check can judge, those with back-references. */
const FUZZ_TIMEOUT_MS = 1000;

/** Whether V8's backtracking engine runs the pattern in time linear in the text, whatever the text is. */
export function backtrackingIsSafe(pattern: ParsedPattern): boolean {
  if (countedCost(pattern) > MAX_COUNTED_COST) return false;
  const checker = /\\[1-9k]/.test(pattern.body) ? 'auto' : 'automaton';
  return checkSync(pattern.body, pattern.flags, { checker, timeout: FUZZ_TIMEOUT_MS }).status === 'safe';
}

/**
 * The same for the partial form of a pattern (`detectors/partial.ts`). Where one of its ends of the text matches, all of
 * it does; so what it tries in vain is the pattern itself, behind which something fails.
 */
export function partialIsSafe(partial: string, pattern: ParsedPattern): boolean {
  if (countedCost(pattern, ALL_UNITS) > MAX_COUNTED_COST) return false;
  return (
    checkSync(partial, pattern.flags, { checker: 'automaton', timeout: FUZZ_TIMEOUT_MS }).status === 'safe'
  );
}
