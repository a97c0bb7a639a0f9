import type { Counter, Histogram } from 'prom-client';

/** Combinations of label values that one metric may have; what is over is counted as `other`. */
const MAX_CHILDREN = 2_000;

/** Finds what belongs to a combination of label values: a map on a joined string costs a fraction of a microsecond. */
class Combinations<T> {
  readonly #made = new Map<string, T>();
  #other: T | null = null;
  readonly #make: (labels: readonly string[]) => T;

  constructor(make: (labels: readonly string[]) => T) {
    this.#make = make;
  }

  get(labels: readonly string[]): T {
    const key = labels.length === 1 ? labels[0]! : labels.join('\n');
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    if (this.#made.size >= MAX_CHILDREN) {
      this.#other ??= this.#make(labels.map(() => 'other'));
      return this.#other;
    }
    const child = this.#make(labels);
    this.#made.set(key, child);
    return child;
  }
}

interface Pending {
  labels: readonly string[];
  value: number;
}

/** A counter whose library object is brought up to date when somebody scrapes: counting is one addition. */
export class CounterChildren {
  readonly #all: Pending[] = [];
  readonly #children = new Combinations<Pending>((labels) => {
    const pending = { labels, value: 0 };
    this.#all.push(pending);
    return pending;
  });

  add(value: number, ...labels: string[]): void {
    this.#children.get(labels).value += value;
  }

  /** Called by the metric's `collect`. */
  flush(counter: Counter): void {
    for (const pending of this.#all) {
      if (pending.value > 0) counter.labels(...pending.labels).inc(pending.value);
      pending.value = 0;
    }
  }
}

/** A histogram with its label combinations resolved once each. */
export class HistogramChildren {
  readonly #children: Combinations<Histogram.Internal<string>>;

  constructor(histogram: Histogram) {
    this.#children = new Combinations((labels) => histogram.labels(...labels));
  }

  observe(value: number, ...labels: string[]): void {
    this.#children.get(labels).observe(value);
  }
}
