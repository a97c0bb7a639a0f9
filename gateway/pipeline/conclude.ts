import type { CompiledEntry } from '../config/plan.ts';
import type { FailMode } from '../contract/document.ts';
import { type ErrorCode, GatewayError } from '../errors.ts';
import type { PhaseEnv, PhaseOutcome, Warning } from './outcome.ts';
import { COULD_NOT_RUN } from './reasons.ts';
import type { EntryTally } from './tally.ts';
import { stronger, type Verdict } from './verdict.ts';

/**
 * What an entry that cannot run does. Only an enforcing entry can fail closed: what withholds its findings must not
 * refuse a request for want of them.
 */
function failModeOf({ entry }: CompiledEntry, inherited: FailMode): FailMode {
  if (entry.mode !== 'enforce') return 'allow';
  return entry.fail_mode ?? inherited;
}

/** Notes that a hook threw. @returns whether the entry fails closed */
export function fault(tally: EntryTally, thrown: unknown, env: PhaseEnv): boolean {
  tally.failed = true;
  env.onFault?.(tally.compiled, thrown);
  return failModeOf(tally.compiled, env.failMode) === 'block';
}

/** The refusal by a policy: says which and why, and nothing of the text. */
export function blockError(
  code: ErrorCode,
  { compiled: { entry }, reason, message }: EntryTally,
): GatewayError {
  const what = code === 'output_blocked' ? 'answer' : 'request';
  const because = message === undefined ? '' : ` ${message}`;
  return new GatewayError(code, `Policy "${entry.id}" does not allow this ${what} (${reason}).${because}`, {
    policy: entry.id,
    ...(entry.block_status === undefined ? undefined : { status: entry.block_status }),
  });
}

/** The failure of a policy that could not run and fails closed. */
export function failError({ entry }: CompiledEntry): GatewayError {
  const message = `Policy "${entry.id}" could not run, and it fails closed.`;
  return new GatewayError('policy_error', message, { policy: entry.id });
}

/**
 * Sums up the entries of one phase. A block outweighs a check that could not run, whichever comes first in the chain,
 * so that the verdict does not depend on the order.
 */
export function conclude(tallies: readonly EntryTally[], blockCode: ErrorCode, env: PhaseEnv): PhaseOutcome {
  let verdict: Verdict = 'allow';
  let would: Verdict = 'allow';
  let blocked: EntryTally | null = null;
  let failedClosed: EntryTally | null = null;
  let failed = false;
  const warnings: Warning[] = [];
  for (const tally of tallies) {
    const { entry } = tally.compiled;
    if (tally.acts) verdict = stronger(verdict, tally.asked);
    else would = stronger(would, tally.asked);
    if (tally.blocks) blocked ??= tally;
    if (tally.failed) {
      failed = true;
      if (failModeOf(tally.compiled, env.failMode) === 'block') failedClosed ??= tally;
    }
    if (entry.mode === 'guide' && tally.found) {
      warnings.push({ policy: entry.id, reason: tally.reason ?? COULD_NOT_RUN, would: tally.asked });
    }
  }
  const error =
    blocked !== null
      ? blockError(blockCode, blocked)
      : failedClosed !== null
        ? failError(failedClosed.compiled)
        : null;
  return {
    results: tallies.map((tally) => tally.result()),
    verdict,
    would,
    blockedBy: blocked?.compiled ?? null,
    error,
    warnings,
    degraded: failed && error === null,
  };
}
