import type { Clock, Timer } from '../../operator/runtime/clock.ts';

/** A clock that moves only when told to. */
export class FakeClock implements Clock {
  #ms: number;
  readonly #start: number;
  /** What the wall clock was set forward. */
  #jumped = 0;
  #timers: { due: number; run: () => void }[] = [];

  constructor(startMs = Date.UTC(2026, 0, 2, 3, 4, 5)) {
    this.#ms = startMs;
    this.#start = startMs;
  }

  now(): number {
    return this.#ms + this.#jumped;
  }

  monotonic(): number {
    return this.#ms - this.#start;
  }

  after(ms: number, run: () => void): Timer {
    const timer = { due: this.#ms + ms, run };
    this.#timers.push(timer);
    return { cancel: () => (this.#timers = this.#timers.filter((other) => other !== timer)) };
  }

  /** Sets the wall clock, which people and time servers do; backwards for a negative number. */
  jump(ms: number): void {
    this.#jumped += ms;
  }

  /** Time passes and nothing runs, as in a process that is stopped; what fell due runs at the next `advance`. */
  standStill(ms: number): void {
    this.#ms += ms;
  }

  get pending(): number {
    return this.#timers.length;
  }

  /** Moves on by `ms`, firing what falls due in order and letting promises settle after each. */
  async advance(ms: number): Promise<void> {
    const end = this.#ms + ms;
    await settle();
    for (;;) {
      const next = this.#timers.filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#ms = Math.max(this.#ms, next.due);
      next.run();
      await settle();
    }
    this.#ms = end;
    await settle();
  }
}

/** Lets every promise that can settle without a timer do so. */
export async function settle(): Promise<void> {
  // Long work gives others a turn in between.
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const TURNS = 20;
