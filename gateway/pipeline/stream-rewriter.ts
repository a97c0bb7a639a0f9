import type { TextHook } from '../policies/kind.ts';
import { failError, fault } from './conclude.ts';
import { Offsets } from './offsets.ts';
import { isBuffered } from './scan.ts';
import { rewriteSpans, splitsPair } from './spans.ts';
import type { Stage, StageContext } from './stream-stage.ts';
import { StreamText } from './stream-text.ts';
import type { EntryTally } from './tally.ts';

/** One rewriter of a channel. While it observes or guides, text passes it at once and unchanged. */
export class RewriteStage implements Stage {
  readonly #tally: EntryTally;
  readonly #hook: TextHook;
  readonly #context: StageContext;
  readonly #buffered: boolean;
  readonly #state: StreamText;
  /** Where the next scan begins. */
  #from = 0;
  #failed = false;
  readonly #offsets = new Offsets();
  readonly #replaced = (start: number, end: number, length: number): void =>
    this.#offsets.add(this.#state.base + start, this.#state.base + end, length);

  constructor(tally: EntryTally, hook: TextHook, context: StageContext) {
    this.#tally = tally;
    this.#hook = hook;
    this.#context = context;
    this.#buffered = isBuffered(tally.compiled, hook);
    this.#state = new StreamText(hook.scanner.contextLength);
  }

  push(text: string, final: boolean): string {
    if (this.#failed) return text;
    const state = this.#state;
    const { acts } = this.#tally;
    state.text += text;
    if (this.#buffered && !final) return acts ? '' : text;
    const hold = this.#scan(final);
    if (hold === null) return acts ? state.text.slice(state.sent) : text;
    const limit = splitsPair(state.text, hold) ? hold - 1 : hold;
    const { out, at } = acts
      ? rewriteSpans(state.text, state.sent, limit, this.#context.scan.findings, this.#replaced)
      : { out: text, at: limit };
    state.sent = Math.max(state.sent, at);
    this.#from = hold - state.trim(hold);
    return out;
  }

  inputAt(out: number): number {
    return this.#offsets.inputAt(out);
  }

  /** @returns the hold, or null where the scanner failed and the rest of the channel passes as it is */
  #scan(final: boolean): number | null {
    const { scan, leaf, env } = this.#context;
    const tally = this.#tally;
    const at = env.clock.monotonic();
    tally.ran = true;
    try {
      const hold = scan.run(this.#hook.scanner, this.#state.text, this.#from, final);
      for (const finding of scan.findings) tally.finding(leaf.path, this.#state.base, 'rewrite', finding);
      return hold;
    } catch (thrown) {
      this.#failed = true;
      if (fault(tally, thrown, env)) throw failError(tally.compiled);
      return null;
    } finally {
      tally.us += (env.clock.monotonic() - at) * 1000;
    }
  }
}
