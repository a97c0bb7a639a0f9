import type { Histogram, Registry } from 'prom-client';
import { Combinations } from './combinations.ts';

export interface HistogramOptions {
  name: string;
  help: string;
  labelNames: readonly string[];
  /** Upper bounds, ascending. */
  buckets: readonly number[];
}

interface Tally {
  /** Observations by bucket, each in one only; the last are those over all bounds. */
  readonly counts: number[];
  sum: number;
}

interface Sample {
  metricName: string;
  labels: Record<string, string | number>;
  value: number;
}

/**
 * A histogram that the library writes and that counts for itself: the library's own hashes the labels of each
 * observation anew, and there are four a request.
 */
export class TalliedHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #options: HistogramOptions;
  readonly #tallies: Combinations<Tally>;

  constructor(options: HistogramOptions, registry: Registry) {
    this.name = options.name;
    this.help = options.help;
    this.#options = options;
    this.#tallies = new Combinations(() => ({ counts: options.buckets.map(() => 0).concat(0), sum: 0 }));
    // Of a metric the registry reads the name and calls `get`; its type names the library's own classes only.
    registry.registerMetric(this as unknown as Histogram);
  }

  observe(value: number, ...labels: string[]): void {
    const { buckets } = this.#options;
    const tally = this.#tallies.get(labels);
    let bucket = 0;
    while (bucket < buckets.length && value > buckets[bucket]!) bucket += 1;
    tally.counts[bucket] = tally.counts[bucket]! + 1;
    tally.sum += value;
  }

  /** Called by the registry when somebody scrapes. */
  async get(): Promise<
    Pick<TalliedHistogram, 'name' | 'help' | 'type' | 'aggregator'> & { values: Sample[] }
  > {
    const { name, help, type, aggregator } = this;
    const values = this.#tallies.all.flatMap(({ labels, made }) => this.#samples(labels, made));
    return { name, help, type, aggregator, values };
  }

  #samples(labelValues: readonly string[], { counts, sum }: Tally): Sample[] {
    const { name, labelNames, buckets } = this.#options;
    const labels = Object.fromEntries(labelNames.map((label, at) => [label, labelValues[at] ?? '']));
    let below = 0;
    const samples = [...buckets, '+Inf'].map((le, at) => {
      below += counts[at]!;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: below };
    });
    return [
      ...samples,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: below },
    ];
  }
}
