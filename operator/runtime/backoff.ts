/** Milliseconds: the first ceiling, and the one that no wait passes. */
export interface BackoffLimits {
  baseMs: number;
  capMs: number;
}

/**
 * Exponential back-off with full jitter: anything between 0 and `min(cap, base · 2^failures)`. Full jitter spreads
 * callers that failed together better than a jittered fraction does.
 */
export function fullJitter(failures: number, limits: BackoffLimits, random: () => number): number {
  // 2^failures overflows to Infinity far past any cap; min() brings it back.
  const ceiling = Math.min(limits.capMs, limits.baseMs * 2 ** failures);
  return random() * ceiling;
}

/** Counts failures of each key and says how long to wait after the next one. */
export class FailureBackoff {
  readonly #limits: BackoffLimits;
  readonly #random: () => number;
  readonly #failures = new Map<string, number>();

  constructor(limits: BackoffLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Milliseconds to wait, `capMs` at most; counts one more failure of the key. */
  next(key: string, capMs = this.#limits.capMs): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    return fullJitter(failures, { ...this.#limits, capMs }, this.#random);
  }

  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}
