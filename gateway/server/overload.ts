import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

const SAMPLE_MS = 100;
/** 99 % of the turns of the last sample began at most so late (ms); past it new requests are refused. */
const SHED_DELAY_MS = 200;
/** Share of the time that the loop worked, above which new requests are refused once it lasts. */
const SHED_UTILIZATION = 0.97;
const SHED_SAMPLES = 10;

/** Watches how late the event loop runs. Sampled ten times a second, so that asking costs nothing. */
export class Overload {
  /** New requests are to be refused. */
  shedding = false;
  /** p99 of the last sample, in seconds. */
  delaySeconds = 0;
  readonly #histogram = monitorEventLoopDelay({ resolution: 20 });
  #utilization = performance.eventLoopUtilization();
  #busySamples = 0;
  readonly #interval: NodeJS.Timeout;

  constructor() {
    this.#histogram.enable();
    this.#interval = setInterval(() => this.#sample(), SAMPLE_MS);
    this.#interval.unref();
  }

  close(): void {
    clearInterval(this.#interval);
    this.#histogram.disable();
  }

  #sample(): void {
    // The histogram measures whole intervals of its resolution: what is over is the delay.
    const delayMs = Math.max(0, this.#histogram.percentile(99) / 1e6 - 20);
    this.#histogram.reset();
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    this.#busySamples = utilization > SHED_UTILIZATION ? this.#busySamples + 1 : 0;
    this.delaySeconds = delayMs / 1000;
    this.shedding =
      delayMs > SHED_DELAY_MS || (this.#busySamples >= SHED_SAMPLES && delayMs > SHED_DELAY_MS / 4);
  }
}
