/** A timer that has been set; `cancel` after it fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time as the operator sees it, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch: for timestamps that people read. */
  now(): number;
  /** Milliseconds from an arbitrary start; never jumps. For measuring and for deadlines. */
  monotonic(): number;
  /** Calls `run` once, after `ms`. Does not keep the process alive. */
  after(ms: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const handle = setTimeout(run, ms);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** RFC 3339 in whole seconds, the form of Kubernetes timestamps. */
export function timestamp(clock: Pick<Clock, 'now'>): string {
  return new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
}
