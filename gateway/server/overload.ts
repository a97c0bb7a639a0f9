import { monitorEventLoopDelay } from 'node:perf_hooks';

const SAMPLE_MS = 100;
/** Resolution of the histogram (ms): it measures whole intervals, what is over is the delay. */
const RESOLUTION_MS = 20;
/** Turns of the loop that begin later than this (ms) are too late. */
const SHED_DELAY_MS = 200;
/** So many samples in a row must be too late: one stall, such as a large body's, is no overload. */
const SHED_SAMPLES = 5;

/** Watches how late the event loop runs. Sampled ten times a second, so that asking costs nothing. */
export class Overload {
  /** New requests are to be refused. */
  shedding = false;
  /** p99 of the last sample, in seconds. */
  delaySeconds = 0;
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #lateSamples = 0;
  readonly #interval: NodeJS.Timeout;

  constructor() {
    this.#histogram.enable();
    this.#interval = setInterval(() => {
      const delayMs = Math.max(0, this.#histogram.percentile(99) / 1e6 - RESOLUTION_MS);
      this.#histogram.reset();
      this.sample(delayMs);
    }, SAMPLE_MS);
    this.#interval.unref();
  }

  /** Takes one sample (ms). Called by the interval; by tests. */
  sample(delayMs: number): void {
    this.#lateSamples = delayMs > SHED_DELAY_MS ? this.#lateSamples + 1 : 0;
    this.delaySeconds = delayMs / 1000;
    this.shedding = this.#lateSamples >= SHED_SAMPLES;
  }

  close(): void {
    clearInterval(this.#interval);
    this.#histogram.disable();
  }
}
