import type { CompiledEntry } from '../config/plan.ts';
import type { Leaf, LeafEdit, ToolCallJudge } from '../dialects/dialect.ts';
import type { ToolCall } from '../dialects/tool-call.ts';
import { failError, fault } from './conclude.ts';
import { runTexts } from './entries.ts';
import type { PhaseEnv } from './outcome.ts';
import { NOT_RUN } from './reasons.ts';
import { EntryTally } from './tally.ts';
import { JudgedCall } from './tool-calls.ts';

/** Whether an entry judges the calls of tools of an answer. */
export function judgesCalls({ policy }: CompiledEntry): boolean {
  return policy.inspectToolCall?.phases.includes('output') === true;
}

/** What a judge shares with the guard of the texts beside the calls. */
export interface StreamJudgeParts {
  /** Of all entries that look at texts or calls, in chain order. */
  readonly tallies: readonly EntryTally[];
  readonly env: PhaseEnv;
  /** Runs something whose failure refuses the whole answer, unless that was refused before. */
  refusing<T>(work: () => T): T;
}

/**
 * Judges the calls of one streamed answer, so that each comes to what it would come to in a whole one. While an enforcing
 * entry judges calls, every entry looks at a whole call: rewriters first, then the others at that same text.
 */
export class StreamCallJudge implements ToolCallJudge {
  readonly holds: boolean;
  /** A call began. */
  seen = false;
  readonly #parts: StreamJudgeParts;
  readonly #judging: readonly EntryTally[];

  constructor(parts: StreamJudgeParts) {
    this.#parts = parts;
    this.#judging = parts.tallies.filter(({ compiled }) => judgesCalls(compiled));
    this.holds = this.#judging.some(({ acts }) => acts);
  }

  begun(): void {
    if (this.seen) return;
    this.seen = true;
    for (const tally of this.#judging) tally.skipped = NOT_RUN.unfinished;
  }

  judge(call: ToolCall, leaves: readonly Leaf[]): readonly LeafEdit[] {
    return this.#parts.refusing(() => {
      if (!this.holds) {
        this.#watch(call, leaves);
        return [];
      }
      const { tallies, env } = this.#parts;
      const { error, edits } = runTexts(tallies, 'output', { leaves, calls: [call] }, env);
      if (error !== null) throw error;
      return edits;
    });
  }

  tooMuch(): void {
    this.#parts.refusing(() => {
      const closed = this.#judging.filter((tally) =>
        fault(
          tally,
          new RangeError('the tool call is more than can wait until it is judged'),
          this.#parts.env,
        ),
      );
      if (closed[0] !== undefined) throw failError(closed[0].compiled);
    });
  }

  /** The texts of the call have passed the rewriters on their own way: what these made of them is made once more. */
  #watch(call: ToolCall, leaves: readonly Leaf[]): void {
    const { tallies, env } = this.#parts;
    const { clock, failMode } = env;
    const rewriters = tallies
      .filter(({ acts, compiled }) => acts && compiled.policy.transformText !== undefined)
      .map(({ compiled }) => new EntryTally({ ...compiled, policy: rewriterOf(compiled) }, 'output'));
    const { edits } = runTexts(rewriters, 'output', { leaves, calls: [] }, { clock, failMode });
    const texts = leaves.map(({ text }) => text);
    for (const { ref, text } of edits) texts[ref] = text;
    const judged = new JudgedCall('output', call, leaves, (leaf) => texts[leaf]!);
    for (const tally of this.#judging) {
      const at = clock.monotonic();
      try {
        judged.judge(tally, tally.compiled.policy.inspectToolCall!, () => {});
      } catch (thrown) {
        fault(tally, thrown, env);
      }
      tally.us += (clock.monotonic() - at) * 1000;
    }
  }
}

function rewriterOf({ policy: { transformText } }: CompiledEntry): CompiledEntry['policy'] {
  return transformText === undefined ? {} : { transformText };
}
