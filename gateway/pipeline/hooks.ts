import type { CompiledEntry } from '../config/plan.ts';
import type { Inspection, Phase, RequestFacts, ResponseFacts } from '../policies/kind.ts';
import { conclude, fault } from './conclude.ts';
import type { PhaseEnv, PhaseOutcome } from './outcome.ts';
import { NOT_RUN } from './reasons.ts';
import { EntryTally } from './tally.ts';

type Call = (entry: CompiledEntry) => (() => Inspection) | null;

/** Runs the entries that judge the request as a whole. The first that blocks leaves the rest `not_run`. */
export function inspectRequest(
  entries: readonly CompiledEntry[],
  request: RequestFacts,
  env: PhaseEnv,
): PhaseOutcome {
  return runHooks(entries, 'input', env, ({ policy }) =>
    policy.inspectRequest === undefined ? null : () => policy.inspectRequest?.(request) ?? null,
  );
}

/** Runs the entries that judge a finished answer as a whole. */
export function inspectResponse(
  entries: readonly CompiledEntry[],
  response: ResponseFacts,
  env: PhaseEnv,
): PhaseOutcome {
  return runHooks(entries, 'output', env, ({ policy }) =>
    policy.inspectResponse === undefined ? null : () => policy.inspectResponse?.(response) ?? null,
  );
}

function runHooks(
  entries: readonly CompiledEntry[],
  phase: Phase,
  env: PhaseEnv,
  callOf: Call,
): PhaseOutcome {
  const tallies: EntryTally[] = [];
  let at = env.clock.monotonic();
  let blocked = false;
  for (const compiled of entries) {
    const call = callOf(compiled);
    if (call === null) continue;
    const tally = new EntryTally(compiled, phase);
    tallies.push(tally);
    if (blocked) {
      tally.skipped = NOT_RUN.blocked;
      continue;
    }
    tally.ran = true;
    try {
      const inspection = call();
      if (inspection !== null) {
        tally.ask(inspection.action, inspection.reason, inspection.score, inspection.message);
      }
    } catch (thrown) {
      fault(tally, thrown, env);
    }
    const now = env.clock.monotonic();
    tally.us = (now - at) * 1000;
    at = now;
    blocked = tally.blocks;
  }
  return conclude(tallies, phase === 'input' ? 'input_blocked' : 'output_blocked', env);
}
