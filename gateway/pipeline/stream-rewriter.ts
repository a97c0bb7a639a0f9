import type { TextHook } from '../policies/kind.ts';
import { failError, fault } from './conclude.ts';
import { Offsets } from './offsets.ts';
import { isBuffered } from './scan.ts';
import { rewriteSpans } from './spans.ts';
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
  /** Where the next scan begins, and up to where text has been given on; places of the channel's text. */
  #from = 0;
  #sent = 0;
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
    if (hold === null) return acts ? state.slice(this.#sent, state.end) : text;
    this.#from = hold;
    const out = acts ? this.#rewrite(state.whole(hold)) : text;
    state.trim(hold);
    return out;
  }

  clean(text: string): string | null {
    const state = this.#state;
    const { acts } = this.#tally;
    if (this.#failed) return text;
    if (this.#buffered) return acts ? '' : text;
    const { scan } = this.#context;
    try {
      scan.run(this.#hook.scanner, state.text + text, this.#from - state.base, false);
    } catch {
      return null;
    }
    if (scan.findings.length > 0) return null;
    return acts ? state.slice(this.#sent, state.end) + text : text;
  }

  #rewrite(limit: number): string {
    const { text, base } = this.#state;
    const { findings } = this.#context.scan;
    const { out, at } = rewriteSpans(text, this.#sent - base, limit - base, findings, this.#replaced);
    this.#sent = base + at;
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
      const { text, base } = this.#state;
      const hold = scan.run(this.#hook.scanner, text, this.#from - base, final);
      for (const finding of scan.findings) tally.finding(leaf.path, base, 'rewrite', finding);
      return base + hold;
    } catch (thrown) {
      this.#failed = true;
      if (fault(tally, thrown, env)) throw failError(tally.compiled);
      return null;
    } finally {
      tally.us += (env.clock.monotonic() - at) * 1000;
    }
  }
}
