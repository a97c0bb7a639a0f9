import { checkSync } from 'recheck';
import { countedCost } from './pattern-cost.ts';
import { ALL_UNITS } from './pattern-first.ts';
import type { ParsedPattern } from './pattern-syntax.ts';

/** Steps at one place of the text that a backtracking engine may spend on counted repeats. */
const MAX_COUNTED_COST = 512;
/**
 * Milliseconds that the check of a pattern may take. Most take 1 to 20. Where another engine stands by, waiting longer
 * gains little, and a document may hold thousands; where none does, such as for back-references, it would be refused.
 */
const TIMEOUT_MS = { replaceable: 200, irreplaceable: 1000 } as const;

/**
 * Whether V8's backtracking engine runs the pattern in time linear in the text, whatever the text is.
 * @param replaceable whether another engine runs it otherwise
 */
export function backtrackingIsSafe(pattern: ParsedPattern, replaceable: boolean): boolean {
  if (countedCost(pattern) > MAX_COUNTED_COST) return false;
  const checker = /\\[1-9k]/.test(pattern.body) ? 'auto' : 'automaton';
  const timeout = replaceable ? TIMEOUT_MS.replaceable : TIMEOUT_MS.irreplaceable;
  return checkSync(pattern.body, pattern.flags, { checker, timeout }).status === 'safe';
}

/**
 * The same for the partial form of a pattern (`detectors/partial.ts`). Where one of its ends of the text matches, all of
 * it does; so what it tries in vain is the pattern itself, behind which something fails.
 */
export function partialIsSafe(partial: string, pattern: ParsedPattern): boolean {
  if (countedCost(pattern, ALL_UNITS) > MAX_COUNTED_COST) return false;
  const options = { checker: 'automaton', timeout: TIMEOUT_MS.replaceable } as const;
  return checkSync(partial, pattern.flags, options).status === 'safe';
}
