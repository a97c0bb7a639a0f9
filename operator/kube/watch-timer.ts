import type { Clock, Timer } from '../runtime/clock.ts';

/** Ends a watch that lasts too long, or that is silent when it is doubted. A sign of life costs no timer. */
export class WatchTimer {
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #timer: Timer;
  #aliveAt: number;

  /** `ms`: the longest that the watch may last. */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#aliveAt = clock.monotonic();
    this.#timer = clock.after(ms, () => this.#fire());
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Whether the watch was ended. */
  get fired(): boolean {
    return this.#abort.signal.aborted;
  }

  alive(): void {
    this.#aliveAt = this.#clock.monotonic();
  }

  /** Ends it now if there was no sign of life for `ms`. */
  doubt(ms: number): void {
    if (this.#clock.monotonic() - this.#aliveAt >= ms) this.#fire();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #fire(): void {
    this.#timer.cancel();
    this.#abort.abort(new Error('the watch was given up'));
  }
}
