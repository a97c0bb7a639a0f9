import type { CompiledEntry } from '../config/plan.ts';
import { GatewayError } from '../errors.ts';
import type { DecisionEvent } from '../events/event.ts';
import type { CallerGone } from './inbound.ts';
import { mergeResults } from './merge.ts';
import type { PhaseOutcome } from './outcome.ts';
import { ALL_PASSED, CALLER_GONE, NOT_RUN } from './reasons.ts';
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
 * is never a verdict: its request has none, with reason `policy_error` and the failed entry's id.
 *
 * @param failure why the request was not served in full, whoever refused; null when it was
 */
export function decide(
  entries: readonly CompiledEntry[],
  outcomes: readonly PhaseOutcome[],
  failure: GatewayError | CallerGone | null,
): Decision {
  const refusal = failure instanceof GatewayError ? failure : failure && refusalOf(outcomes);
  const verdict = verdictOf(outcomes, failure);
  let would: Verdict = 'allow';
  for (const outcome of outcomes) would = stronger(would, outcome.would);
  const byPolicy = refusal?.type === 'policy_violation';
  const unjudged = failure !== null && outcomes.length === 0;
  const absent = byPolicy
    ? NOT_RUN.blocked
    : refusal !== null || unjudged
      ? NOT_RUN.refused
      : NOT_RUN.nothing;
  const all: EntryResult[] = [];
  for (const { results } of outcomes) for (const one of results) all.push(one);
  const results = mergeResults(entries, all, absent);
  const decider = findDecider(results, verdict, would, refusal);
  return {
    verdict,
    ...(would === 'allow' ? undefined : { would_verdict: would }),
    reason: unjudged && refusal === null ? CALLER_GONE : reasonOf(decider, results, verdict, refusal),
    policy: decider?.entry.id ?? null,
    mode: decider?.entry.mode ?? strictest(entries),
    degraded: outcomes.some((outcome) => outcome.degraded),
    entries: results,
  };
}

/**
 * What the entries decided so far, null where that says nothing; see `DecisionEvent.verdict`.
 * @param failure why the request is not served in full; null when it is
 */
export function verdictOf(
  outcomes: readonly PhaseOutcome[],
  failure: GatewayError | CallerGone | null,
): Verdict | null {
  if (failure instanceof GatewayError) {
    if (failure.type === 'policy_violation') return 'block';
    if (failure.type === 'validation_error' || failure.type === 'internal_error') return null;
  }
  if (failure !== null && outcomes.length === 0) return null;
  // Also where the caller left before he was told.
  if (outcomes.some(({ error }) => error?.type === 'policy_error')) return null;
  return outcomes.reduce<Verdict>((verdict, outcome) => stronger(verdict, outcome.verdict), 'allow');
}

/** What the entries would have answered to a caller who left before. */
function refusalOf(outcomes: readonly PhaseOutcome[]): GatewayError | null {
  return outcomes.find(({ error }) => error !== null)?.error ?? null;
}

function findDecider(
  results: readonly EntryResult[],
  verdict: Verdict | null,
  would: Verdict,
  refusal: GatewayError | null,
): EntryResult | undefined {
  if (refusal?.type === 'policy_error') {
    return results.find((one) => one.outcome === 'error' && one.entry.id === refusal.policy);
  }
  if (verdict === null) return undefined;
  if (verdict !== 'allow') return results.find((one) => one.verdict === verdict);
  if (would !== 'allow') return results.find((one) => one.would_verdict === would);
  return results.find((one) => one.outcome === 'findings');
}

function reasonOf(
  decider: EntryResult | undefined,
  results: readonly EntryResult[],
  verdict: Verdict | null,
  refusal: GatewayError | null,
): string {
  if (refusal !== null && verdict === null) return refusal.code;
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
