import type { Clock, Timer } from './clock.ts';
import type { LeaderMetrics } from './metrics.ts';

const TICK_MS = 500;
/** Ticks over which the longest delay is told: a scrape every 15 s misses none. */
const TICKS = 30;

/**
 * Measures how late timers fire. An event loop that is blocked can neither renew a lease nor notice that it is lost,
 * so people should see how far from that it is.
 */
export class EventLoopWatch {
  readonly #clock: Clock;
  readonly #metrics: Pick<LeaderMetrics, 'eventLoopDelay'>;
  readonly #delays: number[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock, metrics: Pick<LeaderMetrics, 'eventLoopDelay'>) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  start(): void {
    const due = this.#clock.monotonic() + TICK_MS;
    this.#timer = this.#clock.after(TICK_MS, () => {
      this.#delays.push(Math.max(0, this.#clock.monotonic() - due));
      if (this.#delays.length > TICKS) this.#delays.shift();
      this.#metrics.eventLoopDelay(Math.max(...this.#delays) / 1000);
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
