import type { CompiledEntry } from '../config/plan.ts';
import { rewriteOrder } from '../contract/order.ts';
import type { ChannelGuard, ToolCallJudge } from '../dialects/dialect.ts';
import { GatewayError } from '../errors.ts';
import type { LeafFacts, TextHook } from '../policies/kind.ts';
import { conclude, failError, fault } from './conclude.ts';
import type { PhaseEnv, PhaseOutcome } from './outcome.ts';
import { NOT_RUN } from './reasons.ts';
import { Scan } from './scan.ts';
import { endsInHalfPair } from './spans.ts';
import { judgesCalls, StreamCallJudge } from './stream-calls.ts';
import { InspectStage } from './stream-inspector.ts';
import { RewriteStage } from './stream-rewriter.ts';
import type { Stage, StageContext } from './stream-stage.ts';
import { EntryTally } from './tally.ts';
import type { EntryResult } from './verdict.ts';

/** Governs the text of one streamed answer, channel by channel. */
export interface StreamGuard {
  /** @throws GatewayError `policy_error` where an entry cannot say whether it applies, and fails closed */
  channel(leaf: LeafFacts): ChannelGuard;
  /** Judges the calls of tools; null where no entry does. */
  readonly toolCalls: ToolCallJudge | null;
  /** What the entries came to so far. */
  outcome(): PhaseOutcome;
  results(): EntryResult[];
}

/**
 * Makes the guard of one answer. What leaves a channel, put together, is what `inspectTexts` makes of the whole text,
 * however it was cut; only text that an enforcing entry has not decided is held back. For a block the verdict is that
 * of the whole text too, and no unit of what it matched has left. A channel with an enforcing entry that needs the
 * whole text holds everything until its end. After a refusal every channel repeats it.
 */
export function createStreamGuard(
  options: PhaseEnv & { readonly entries: readonly CompiledEntry[] },
): StreamGuard {
  return new Guard(options.entries, options);
}

/** Keeps the first half of a character until the second has come. */
class WholeCharacters {
  half = '';

  take(text: string, final: boolean): string {
    const known = this.half === '' ? text : this.half + text;
    this.half = '';
    if (final || !endsInHalfPair(known)) return known;
    this.half = known.slice(-1);
    return known.slice(0, -1);
  }
}

/** A stage sees whole characters only, also where one before it joins two halves by removing what stood between. */
interface Step {
  readonly characters: WholeCharacters;
  readonly stage: Stage;
}

function isClean(steps: readonly Step[], text: string): boolean {
  let asked: string | null = text;
  for (const { characters, stage } of steps) {
    asked = stage.clean(characters.half + asked);
    if (asked === null) return false;
  }
  return true;
}

class Guard implements StreamGuard {
  readonly #env: PhaseEnv;
  readonly #scan = new Scan();
  readonly #tallies: EntryTally[] = [];
  readonly #rewriters: readonly EntryTally[];
  readonly #calls: StreamCallJudge | null;
  #refusal: unknown = null;

  constructor(entries: readonly CompiledEntry[], env: PhaseEnv) {
    this.#env = env;
    for (const compiled of entries) {
      const { inspectText, transformText } = compiled.policy;
      if (inspectText !== undefined || transformText !== undefined || judgesCalls(compiled)) {
        this.#tallies.push(new EntryTally(compiled, 'output'));
      }
    }
    const rewriters = this.#tallies.filter((tally) => tally.compiled.policy.transformText !== undefined);
    this.#rewriters = rewriteOrder(rewriters, (tally) => tally.compiled.entry.source);
    const refusing = <T>(work: () => T): T => this.#refusing(work);
    const judges = entries.some(judgesCalls);
    this.#calls = judges ? new StreamCallJudge({ tallies: this.#tallies, env, refusing }) : null;
  }

  get toolCalls(): ToolCallJudge | null {
    return this.#calls;
  }

  channel(leaf: LeafFacts): ChannelGuard {
    const context: StageContext = { leaf, env: this.#env, scan: this.#scan };
    const stages: Stage[] = [];
    for (const tally of this.#rewriters) {
      const hook = tally.compiled.policy.transformText!;
      if (this.#applies(tally, hook, leaf)) stages.push(new RewriteStage(tally, hook, context));
    }
    const inspectors: { tally: EntryTally; hook: TextHook; order: number }[] = [];
    this.#tallies.forEach((tally, order) => {
      const hook = tally.compiled.policy.inspectText;
      if (hook !== undefined && this.#applies(tally, hook, leaf)) inspectors.push({ tally, hook, order });
    });
    if (inspectors.length > 0) stages.push(new InspectStage(inspectors, context));
    return this.#guarded(stages);
  }

  outcome(): PhaseOutcome {
    return conclude(this.#reported(), 'output_blocked', this.#env);
  }

  results(): EntryResult[] {
    return this.#reported().map((tally) => tally.result());
  }

  /** Without those whose only hook is for calls of tools, where there were none. */
  #reported(): readonly EntryTally[] {
    if (this.#calls === null || this.#calls.seen) return this.#tallies;
    return this.#tallies.filter(
      ({ compiled: { policy } }) => (policy.inspectText ?? policy.transformText) !== undefined,
    );
  }

  #refusing<T>(work: () => T): T {
    if (this.#refusal !== null) throw this.#refusal;
    try {
      return work();
    } catch (refusal) {
      this.#refusal = refusal;
      throw refusal;
    }
  }

  #applies(tally: EntryTally, hook: TextHook, leaf: LeafFacts): boolean {
    try {
      const applies = hook.appliesTo(leaf);
      if (applies) tally.skipped = NOT_RUN.unfinished;
      return applies;
    } catch (thrown) {
      if (fault(tally, thrown, this.#env)) throw failError(tally.compiled);
      return false;
    }
  }

  /** The stages one after another, with one refusal for all channels. */
  #guarded(stages: readonly Stage[]): ChannelGuard {
    const steps = stages.map((stage): Step => ({ characters: new WholeCharacters(), stage }));
    let ended = false;
    let taken = 0;
    let given = 0;
    let decided = 0;
    let late = '';
    const run = (text: string, final: boolean): string => {
      if (this.#refusal !== null) throw this.#refusal;
      let passed = text;
      try {
        for (const { characters, stage } of steps) {
          passed = characters.take(passed, final);
          if (passed === '' && !final) return '';
          passed = stage.push(passed, final);
        }
      } catch (refusal) {
        this.#refusal = refusal;
        throw refusal;
      }
      given += passed.length;
      return passed;
    };
    return {
      push(text) {
        if (ended)
          throw new GatewayError('upstream_invalid', 'The upstream sent text after it had ended it.');
        taken += text.length;
        const out = late + run(text, false);
        let reached = given;
        for (let i = stages.length - 1; i >= 0; i -= 1) reached = stages[i]!.inputAt(reached);
        const moved = reached > decided;
        decided = reached;
        late = moved ? '' : out;
        return { text: moved ? out : '', held: taken - reached };
      },
      clean: (text) => this.#refusal === null && !ended && isClean(steps, text),
      end() {
        if (ended) return '';
        ended = true;
        return late + run('', true);
      },
    };
  }
}
