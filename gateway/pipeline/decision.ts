import type { CompiledEntry } from '../config/plan.ts';
import type { GatewayError } from '../errors.ts';
import type { DecisionEvent } from '../events/event.ts';
import { mergeResults } from './merge.ts';
import type { PhaseOutcome } from './outcome.ts';
import { ALL_PASSED, NOT_RUN } from './reasons.ts';
import { type EntryResult, stronger, type Verdict } from './verdict.ts';

/** The part of a decision event that follows from what the entries found. */
export type Decision = Pick<
  DecisionEvent,
  'verdict' | 'would_verdict' | 'reason' | 'policy' | 'mode' | 'degraded'
> & { entries: EntryResult[] };

/**
 * Sums up a request from the outcomes of its phases.
 *
 * The entry that decided is the one with the strongest verdict, the first in chain order among equals; where none did
 * anything, the one whose withheld verdict is strongest; then one that only noted or rewrote something. A failed check
 * is never a verdict: its request keeps the verdict of the others, with reason `policy_error` and the failed entry's id.
 *
 * @param refusal why the request was not served in full, whoever refused; null when it was
 */
export function decide(
  entries: readonly CompiledEntry[],
  outcomes: readonly PhaseOutcome[],
  refusal: GatewayError | null,
): Decision {
  let verdict: Verdict = 'allow';
  let would: Verdict = 'allow';
  for (const outcome of outcomes) {
    verdict = stronger(verdict, outcome.verdict);
    would = stronger(would, outcome.would);
  }
  const byPolicy = refusal?.type === 'policy_violation';
  if (byPolicy) verdict = 'block';
  const absent = refusal === null ? NOT_RUN.nothing : byPolicy ? NOT_RUN.blocked : NOT_RUN.refused;
  const results = mergeResults(
    entries,
    outcomes.flatMap((outcome) => outcome.results),
    absent,
  );
  const decider = findDecider(results, verdict, would, refusal);
  return {
    verdict,
    ...(would === 'allow' ? undefined : { would_verdict: would }),
    reason: reasonOf(decider, results, refusal),
    policy: decider?.entry.id ?? null,
    mode: decider?.entry.mode ?? strictest(entries),
    degraded: outcomes.some((outcome) => outcome.degraded),
    entries: results,
  };
}

function findDecider(
  results: readonly EntryResult[],
  verdict: Verdict,
  would: Verdict,
  refusal: GatewayError | null,
): EntryResult | undefined {
  if (refusal?.type === 'policy_error') {
    return results.find((one) => one.outcome === 'error' && one.entry.id === refusal.policy);
  }
  if (verdict !== 'allow') return results.find((one) => one.verdict === verdict);
  if (would !== 'allow') return results.find((one) => one.would_verdict === would);
  return results.find((one) => one.outcome === 'findings');
}

function reasonOf(
  decider: EntryResult | undefined,
  results: readonly EntryResult[],
  refusal: GatewayError | null,
): string {
  if (refusal?.type === 'policy_error') return refusal.code;
  if (decider?.reason !== undefined) return decider.reason;
  if (refusal === null) return ALL_PASSED;
  // A refusal that is no entry's: by its code, unless the entries had their say before something else failed.
  const judged = results.some((one) => one.outcome !== 'not_run');
  return refusal.type === 'policy_violation' || !judged ? refusal.code : ALL_PASSED;
}

/** The mode of a request that no entry decided: the strictest of the chain. */
function strictest(entries: readonly CompiledEntry[]): Decision['mode'] {
  let found: Decision['mode'] = null;
  for (const { entry } of entries) {
    if (entry.mode === 'enforce') return 'enforce';
    if (found !== 'guide') found = entry.mode;
  }
  return found;
}
