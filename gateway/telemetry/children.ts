import type { Counter } from 'prom-client';
import { Combinations } from './combinations.ts';

/** A counter whose library object is brought up to date when somebody scrapes: counting is one addition. */
export class CounterChildren {
  readonly #children = new Combinations(() => ({ value: 0 }));

  add(value: number, ...labels: string[]): void {
    this.#children.get(labels).value += value;
  }

  /** Called by the metric's `collect`. */
  flush(counter: Counter): void {
    for (const { labels, made } of this.#children.all) {
      if (made.value > 0) counter.labels(...labels).inc(made.value);
      made.value = 0;
    }
  }
}
