import type { CompiledEntry } from '../config/plan.ts';
import type { RequestFacts, TargetFacts, TargetFilter } from '../policies/kind.ts';
import { conclude, fault } from './conclude.ts';
import type { PhaseEnv, PhaseOutcome } from './outcome.ts';
import { EntryTally } from './tally.ts';

/** Which targets may take a request. With `error` set none may. */
export interface TargetOutcome extends PhaseOutcome {
  /** Ids of targets that may not, each with the reason of the first entry that excluded it. */
  excluded: ReadonlyMap<string, string>;
  /** An entry asks for the choice on the event also where nothing was excluded. */
  log: boolean;
}

/**
 * Runs the entries that choose among targets. Each sees every candidate, and what may take the request is what all of
 * them permit: a further entry never permits more, and their order does not matter. An entry that would leave no
 * candidate refuses the request, or, with `whenNone: warn`, withdraws and is noted. Where each leaves some but together
 * none, the request is refused.
 */
export function filterTargets(
  entries: readonly CompiledEntry[],
  candidates: readonly TargetFacts[],
  request: RequestFacts,
  env: PhaseEnv,
): TargetOutcome {
  const tallies: EntryTally[] = [];
  const excluded = new Map<string, string>();
  let log = false;
  let last: EntryTally | null = null;
  let at = env.clock.monotonic();
  for (const compiled of entries) {
    if (compiled.policy.filterTargets === undefined) continue;
    const tally = new EntryTally(compiled, 'route');
    tallies.push(tally);
    tally.ran = true;
    try {
      const filter = compiled.policy.filterTargets(candidates, request);
      log ||= filter.log;
      if (judge(tally, filter, candidates) && tally.acts) {
        for (const [id, reason] of filter.excluded) if (!excluded.has(id)) excluded.set(id, reason);
        last = tally;
      }
    } catch (thrown) {
      fault(tally, thrown, env);
    }
    const now = env.clock.monotonic();
    tally.us = (now - at) * 1000;
    at = now;
  }
  const none = candidates.length > 0 && candidates.every(({ id }) => excluded.has(id));
  if (none && last !== null && !tallies.some((tally) => tally.blocks)) {
    last.ask('block', last.reason ?? '', undefined, NONE_LEFT);
  }
  return { ...conclude(tallies, 'no_compliant_provider', env), excluded, log };
}

const NONE_LEFT = 'No target for this model meets what it asks for.';

/** Notes what a filter found. @returns whether its exclusions hold. */
function judge(tally: EntryTally, filter: TargetFilter, candidates: readonly TargetFacts[]): boolean {
  let first: string | undefined;
  let left = 0;
  for (const { id } of candidates) {
    const reason = filter.excluded.get(id);
    if (reason === undefined) {
      left += 1;
      continue;
    }
    first ??= reason;
    tally.note(id, reason);
  }
  if (first === undefined) return false;
  const blocks = left === 0 && filter.whenNone === 'block';
  tally.ask(blocks ? 'block' : 'flag', first, undefined, NONE_LEFT);
  return left > 0 || blocks;
}
