import type { TextHook } from '../policies/kind.ts';
import { blockError, failError, fault } from './conclude.ts';
import { isBuffered } from './scan.ts';
import { addSpan, maskSpans, type Span, splitsPair } from './spans.ts';
import type { Stage, StageContext } from './stream-stage.ts';
import { StreamText } from './stream-text.ts';
import type { EntryTally } from './tally.ts';

/** One entry at its place in the channel's text. */
class Watch {
  readonly tally: EntryTally;
  readonly hook: TextHook;
  /** Position in the chain. */
  readonly order: number;
  readonly buffered: boolean;
  readonly redacts: boolean;
  /** Where its next scan begins. Text from here on is undecided by it. */
  from = 0;
  failed = false;

  constructor(tally: EntryTally, hook: TextHook, order: number) {
    this.tally = tally;
    this.hook = hook;
    this.order = order;
    this.buffered = isBuffered(tally.compiled, hook);
    this.redacts = tally.acts && (hook.action === 'redact' || hook.action === 'rewrite');
  }
}

/**
 * The last stage of a channel: all its inspecting entries over one text. Sent on is what every enforcing entry has
 * decided, except a union of redactions that undecided text may still extend.
 */
export class InspectStage implements Stage {
  readonly #watches: readonly Watch[];
  readonly #context: StageContext;
  readonly #state: StreamText;
  /** Redactions not written yet. */
  readonly #spans: Span[] = [];

  constructor(hooks: readonly { tally: EntryTally; hook: TextHook; order: number }[], context: StageContext) {
    this.#watches = hooks.map(({ tally, hook, order }) => new Watch(tally, hook, order));
    this.#context = context;
    this.#state = new StreamText(Math.max(...hooks.map(({ hook }) => hook.scanner.contextLength)));
  }

  push(text: string, final: boolean): string {
    const state = this.#state;
    state.text += text;
    this.#inspect(final);
    let limit = state.text.length;
    for (const watch of this.#watches) {
      if (watch.tally.acts && !watch.failed && watch.from < limit) limit = watch.from;
    }
    if (splitsPair(state.text, limit)) limit -= 1;
    const out = this.#write(limit);
    this.#trim();
    return out;
  }

  /** It is the last stage: nothing holds its output. */
  inputAt(): number {
    return this.#state.base + this.#state.sent;
  }

  /** @throws GatewayError where an entry blocks; else where one could not run and fails closed */
  #inspect(final: boolean): void {
    const { scan, leaf, env } = this.#context;
    const { text, base } = this.#state;
    let closed: Watch | null = null;
    let blocked: Watch | null = null;
    let at = env.clock.monotonic();
    for (const watch of this.#watches) {
      if (watch.failed || (watch.buffered && !final)) continue;
      const { tally, hook } = watch;
      tally.ran = true;
      try {
        watch.from = scan.run(hook.scanner, text, watch.from, final);
      } catch (thrown) {
        watch.failed = true;
        if (fault(tally, thrown, env)) closed ??= watch;
      }
      for (const finding of scan.findings) {
        tally.finding(leaf.path, base, hook.action, finding);
        if (watch.redacts) addSpan(this.#spans, text, finding, watch.order);
      }
      if (tally.blocks) blocked ??= watch;
      const now = env.clock.monotonic();
      tally.us += (now - at) * 1000;
      at = now;
    }
    if (blocked !== null) throw blockError('output_blocked', blocked.tally);
    if (closed !== null) throw failError(closed.tally.compiled);
  }

  #write(limit: number): string {
    const state = this.#state;
    if (this.#spans.length === 0) {
      const from = state.sent;
      if (limit <= from) return '';
      state.sent = limit;
      return state.text.slice(from, limit);
    }
    const { out, at } = maskSpans(state.text, state.sent, limit, this.#spans);
    state.sent = at;
    return out;
  }

  #trim(): void {
    let needed = this.#state.text.length;
    for (const watch of this.#watches) if (!watch.failed && watch.from < needed) needed = watch.from;
    const cut = this.#state.trim(needed);
    if (cut === 0) return;
    for (const watch of this.#watches) watch.from -= cut;
    for (const span of this.#spans) {
      span.start -= cut;
      span.end -= cut;
    }
  }
}
