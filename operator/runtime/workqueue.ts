import type { FailureBackoff } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import type { QueueMetrics } from './metrics.ts';

export interface WorkQueueDeps {
  clock: Clock;
  backoff: FailureBackoff;
  metrics: QueueMetrics;
}

/**
 * Holds keys, not events. A key that is added twice is worked on once; one that is added while it is being worked on
 * is worked on exactly once more afterwards; one key is never worked on twice at the same time.
 */
export class WorkQueue {
  readonly #deps: WorkQueueDeps;
  /** Wants work, in order of arrival; the value is when it was added. */
  readonly #ready = new Map<string, number>();
  /** Wants work again, as soon as the present run ends. */
  readonly #again = new Set<string>();
  /** Being worked on; the value is when it was taken. */
  readonly #processing = new Map<string, number>();
  readonly #delayed = new Map<string, { due: number; timer: Timer }>();
  /** Keys that must wait whatever happens, with the monotonic milliseconds until when. */
  readonly #held = new Map<string, number>();
  readonly #waiting: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor(deps: WorkQueueDeps) {
    this.#deps = deps;
    deps.metrics.unfinished(() => this.#unfinished());
  }

  /** Keys that wait for a worker. */
  get depth(): number {
    return this.#ready.size;
  }

  /** Neither waiting, nor being worked on, nor due later. */
  get idle(): boolean {
    return this.#ready.size === 0 && this.#processing.size === 0 && this.#delayed.size === 0;
  }

  add(key: string): void {
    if (this.#closed) return;
    const held = this.#heldMs(key);
    if (held > 0 && !this.#processing.has(key)) {
      this.addAfter(key, held);
      return;
    }
    this.#cancelDelay(key);
    if (this.#processing.has(key)) {
      if (!this.#again.has(key)) this.#deps.metrics.added();
      this.#again.add(key);
      return;
    }
    if (this.#ready.has(key)) return;
    this.#deps.metrics.added();
    this.#push(key);
  }

  /** Adds after `ms`; of several delays of one key the earliest counts. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const wait = Math.max(ms, this.#heldMs(key));
    const due = this.#deps.clock.monotonic() + wait;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.due <= due) return;
    this.#cancelDelay(key);
    const timer = this.#deps.clock.after(wait, () => this.#due(key));
    this.#delayed.set(key, { due, timer });
  }

  /** Adds after the key's failure back-off, `capMs` at most. */
  retry(key: string, capMs?: number): void {
    this.#deps.metrics.retried();
    this.addAfter(key, this.#deps.backoff.next(key, capMs));
  }

  /** Lets nobody have the key for `ms`, nor sooner because it is added: whoever serves it has asked for that. */
  hold(key: string, ms: number): void {
    const until = this.#deps.clock.monotonic() + ms;
    this.#held.set(key, until);
    const delayed = this.#delayed.get(key);
    if (delayed === undefined || delayed.due >= until) return;
    this.#cancelDelay(key);
    this.addAfter(key, ms);
  }

  /** Takes the next key, waiting for one; `undefined` once the queue is closed. Pair with `done`. */
  take(): Promise<string | undefined> {
    const key = this.#shift();
    if (key !== undefined || this.#closed) return Promise.resolve(key);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  done(key: string): void {
    const since = this.#processing.get(key);
    if (since === undefined) return;
    this.#processing.delete(key);
    this.#deps.metrics.worked((this.#deps.clock.monotonic() - since) / 1000);
    if (!this.#again.delete(key) || this.#closed) return;
    const held = this.#heldMs(key);
    if (held > 0) this.addAfter(key, held);
    else this.#push(key);
  }

  forget(key: string): void {
    this.#held.delete(key);
    this.#deps.backoff.forget(key);
  }

  /** Drops what waits; workers get `undefined`. What is being worked on goes on until `done`. */
  close(): void {
    this.#closed = true;
    for (const { timer } of this.#delayed.values()) timer.cancel();
    this.#delayed.clear();
    this.#ready.clear();
    this.#again.clear();
    this.#deps.metrics.depth(0);
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #due(key: string): void {
    // Timers may fire a fraction early.
    this.#held.delete(key);
    this.add(key);
  }

  #heldMs(key: string): number {
    return (this.#held.get(key) ?? 0) - this.#deps.clock.monotonic();
  }

  #push(key: string): void {
    this.#ready.set(key, this.#deps.clock.monotonic());
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) waiter(this.#shift());
    else this.#deps.metrics.depth(this.#ready.size);
  }

  #shift(): string | undefined {
    const first = this.#ready.entries().next();
    if (first.done === true) return undefined;
    const [key, since] = first.value;
    const now = this.#deps.clock.monotonic();
    this.#ready.delete(key);
    this.#processing.set(key, now);
    this.#deps.metrics.waited((now - since) / 1000);
    this.#deps.metrics.depth(this.#ready.size);
    return key;
  }

  #unfinished(): number {
    const now = this.#deps.clock.monotonic();
    let ms = 0;
    for (const since of this.#processing.values()) ms += now - since;
    return ms / 1000;
  }

  #cancelDelay(key: string): void {
    this.#delayed.get(key)?.timer.cancel();
    this.#delayed.delete(key);
  }
}
