import type { TextHook } from '../policies/kind.ts';
import { blockError, failError, fault } from './conclude.ts';
import { isBuffered } from './scan.ts';
import { addSpan, maskSpans, type Span } from './spans.ts';
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
  /** Where its next scan begins, as a place of the channel's text. From here on it is undecided. */
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
 * The last stage of a channel: all its inspecting entries over one text. Given on is what every enforcing entry has
 * decided, except a union of redactions that undecided text may still extend. What only the end can decide is kept
 * apart from the text that grows under the others, so that a long answer costs no more a unit than a short one.
 */
export class InspectStage implements Stage {
  readonly #watches: readonly Watch[];
  readonly #context: StageContext;
  readonly #recent: StreamText;
  /** The whole text, where an entry needs it. */
  #whole: string | null;
  /** An enforcing entry waits for the end, so everything does. */
  readonly #waits: boolean;
  /** Up to where text has been given on. */
  #sent = 0;
  /** Redactions not written yet. */
  readonly #spans: Span[] = [];

  constructor(hooks: readonly { tally: EntryTally; hook: TextHook; order: number }[], context: StageContext) {
    this.#watches = hooks.map(({ tally, hook, order }) => new Watch(tally, hook, order));
    this.#context = context;
    this.#recent = new StreamText(Math.max(...hooks.map(({ hook }) => hook.scanner.contextLength)));
    this.#whole = this.#watches.some((watch) => watch.buffered) ? '' : null;
    this.#waits = this.#watches.some((watch) => watch.buffered && watch.tally.acts);
  }

  push(text: string, final: boolean): string {
    const recent = this.#recent;
    recent.text += text;
    if (this.#whole !== null) this.#whole += text;
    const [limit, needed] = this.#inspect(final);
    let out = '';
    if (!this.#waits) out = this.#write(recent.text, recent.base, recent.whole(limit));
    else if (final) out = this.#write(this.#whole ?? '', 0, limit);
    recent.trim(this.#waits ? needed : Math.min(needed, this.#sent));
    return out;
  }

  clean(text: string): string | null {
    const { scan } = this.#context;
    const { base } = this.#recent;
    if (this.#spans.length > 0) return null;
    const known = this.#recent.text + text;
    for (const { failed, buffered, hook, from } of this.#watches) {
      // What needs the whole text looks at nothing before the end.
      if (failed || buffered) continue;
      try {
        scan.run(hook.scanner, known, from - base, false);
      } catch {
        return null;
      }
      if (scan.findings.length > 0) return null;
    }
    return text;
  }

  /** It is the last stage: nothing holds its output. */
  inputAt(): number {
    return this.#sent;
  }

  /**
   * @returns up to where every enforcing entry has decided, and from where on any entry still needs the text
   * @throws GatewayError where an entry blocks; else where one could not run and fails closed
   */
  #inspect(final: boolean): [limit: number, needed: number] {
    const { clock } = this.#context.env;
    let [limit, needed] = [this.#recent.end, this.#recent.end];
    let closed: Watch | null = null;
    let blocked: Watch | null = null;
    let at = clock.monotonic();
    for (const watch of this.#watches) {
      if (watch.failed || (watch.buffered && !final)) continue;
      if (this.#scan(watch, final)) closed ??= watch;
      if (watch.tally.blocks) blocked ??= watch;
      if (!watch.failed) {
        if (watch.from < needed) needed = watch.from;
        if (watch.tally.acts && watch.from < limit) limit = watch.from;
      }
      const now = clock.monotonic();
      watch.tally.us += (now - at) * 1000;
      at = now;
    }
    if (blocked !== null) throw blockError('output_blocked', blocked.tally);
    if (closed !== null) throw failError(closed.tally.compiled);
    return [limit, needed];
  }

  /** @returns whether the entry could not run and fails closed */
  #scan(watch: Watch, final: boolean): boolean {
    const { scan, leaf, env } = this.#context;
    const { tally, hook } = watch;
    const base = watch.buffered ? 0 : this.#recent.base;
    const text = watch.buffered ? (this.#whole ?? '') : this.#recent.text;
    let closed = false;
    tally.ran = true;
    try {
      watch.from = base + scan.run(hook.scanner, text, watch.from - base, final);
    } catch (thrown) {
      watch.failed = true;
      closed = fault(tally, thrown, env);
    }
    for (const finding of scan.findings) {
      tally.finding(leaf.path, base, hook.action, finding);
      if (watch.redacts) addSpan(this.#spans, text, base, finding, watch.order);
    }
    return closed;
  }

  #write(text: string, base: number, limit: number): string {
    const from = this.#sent;
    if (this.#spans.length === 0) {
      if (limit <= from) return '';
      this.#sent = limit;
      return text.slice(from - base, limit - base);
    }
    const { out, at } = maskSpans(text, base, from, limit, this.#spans);
    this.#sent = at;
    return out;
  }
}
