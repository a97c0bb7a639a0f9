import type { Clock, Timer } from '../runtime/clock.ts';

/** Milliseconds: without a sign of life, and in all. */
export interface WatchLimits {
  silenceMs: number;
  totalMs: number;
}

/** Ends a watch that is silent or lasts too long. A sign of life costs no timer. */
export class WatchTimer {
  readonly #clock: Clock;
  readonly #silenceMs: number;
  readonly #end: number;
  readonly #abort = new AbortController();
  #aliveAt: number;
  #timer: Timer;
  #fired: 'silent' | 'overdue' | undefined;

  constructor(clock: Clock, { silenceMs, totalMs }: WatchLimits) {
    this.#clock = clock;
    this.#silenceMs = silenceMs;
    this.#aliveAt = clock.monotonic();
    this.#end = this.#aliveAt + totalMs;
    this.#timer = clock.after(Math.min(silenceMs, totalMs), () => this.#check());
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Why the watch was ended, if it was. */
  get fired(): 'silent' | 'overdue' | undefined {
    return this.#fired;
  }

  alive(): void {
    this.#aliveAt = this.#clock.monotonic();
  }

  /** Ends it now if there was no sign of life for `ms`. */
  doubt(ms: number): void {
    if (this.#clock.monotonic() - this.#aliveAt >= ms) this.#fire('silent');
  }

  stop(): void {
    this.#timer.cancel();
  }

  #check(): void {
    const now = this.#clock.monotonic();
    const silentAt = this.#aliveAt + this.#silenceMs;
    if (now < silentAt && now < this.#end) {
      this.#timer = this.#clock.after(Math.min(silentAt, this.#end) - now, () => this.#check());
      return;
    }
    this.#fire(now >= silentAt ? 'silent' : 'overdue');
  }

  #fire(reason: 'silent' | 'overdue'): void {
    this.#timer.cancel();
    this.#fired ??= reason;
    this.#abort.abort(new Error(`the watch is ${this.#fired}`));
  }
}
