import type { CompiledEntry } from '../config/plan.ts';
import type { Leaf } from '../dialects/dialect.ts';
import type { ToolCall } from '../dialects/tool-call.ts';
import type { Phase } from '../policies/kind.ts';
import type { PhaseEnv, TextOutcome } from './outcome.ts';
import type { EntryTally } from './tally.ts';
import { type PassTexts, TextRun, talliesOf } from './text-run.ts';

const NO_CALLS: readonly ToolCall[] = [];

/**
 * Runs the hooks of a phase over all its texts and calls of tools, in two steps: every rewriter in order, then every
 * other entry over that same text. Redactions are united as spans over it, any block wins, and no entry sees another's marker.
 * Entries that observe or guide change nothing, so the others see the text as if those were not there.
 *
 * The first entry that blocks leaves the rest `not_run`. A check that could not run and fails closed does not: a later
 * entry may still block, and a block outweighs it.
 */
export function inspectTexts(
  entries: readonly CompiledEntry[],
  phase: Phase,
  leaves: readonly Leaf[],
  env: PhaseEnv,
  calls: readonly ToolCall[] = NO_CALLS,
): TextOutcome {
  const tallies = talliesOf(entries, phase, calls.length > 0);
  return runTexts(tallies, phase, { leaves, calls }, env);
}

/** The same with results that other runs add to: each says in its outcome what all came to so far. */
export function runTexts(
  tallies: readonly EntryTally[],
  phase: Phase,
  texts: PassTexts,
  env: PhaseEnv,
): TextOutcome {
  const steps = new TextRun(phase, texts, env).steps(tallies);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * The same for texts of megabytes, which would keep everybody else waiting: after each 32 Ki units it awaits `pause`,
 * such as a turn of the event loop. Only a hook that needs a whole text gets it in one go.
 */
export async function inspectLargeTexts(
  entries: readonly CompiledEntry[],
  phase: Phase,
  leaves: readonly Leaf[],
  env: PhaseEnv,
  pause: () => Promise<unknown>,
  calls: readonly ToolCall[] = NO_CALLS,
): Promise<TextOutcome> {
  const steps = new TextRun(phase, { leaves, calls }, env).steps(talliesOf(entries, phase, calls.length > 0));
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await pause();
  }
}
