/** Time as the gateway sees it, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch: for timestamps. */
  now(): number;
  /** Milliseconds from an arbitrary start, with fractions; never jumps. For measuring and for deadlines. */
  monotonic(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
};
