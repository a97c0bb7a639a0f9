import { checkSync } from 'recheck';
import { countedCost } from './pattern-cost.ts';
import { type ParsedPattern, PatternSyntaxError, parsePattern } from './pattern-syntax.ts';

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

/** The same for a source that this code wrote itself. */
export function sourceIsSafe(body: string, flags: string): boolean {
  try {
    const parsed = parsePattern(body);
    return backtrackingIsSafe({ ...parsed, flags });
  } catch (error) {
    if (error instanceof PatternSyntaxError) return false;
    throw error;
  }
}
