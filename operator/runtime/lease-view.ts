import type { Clock } from './clock.ts';
import { sameJson } from './json.ts';
import type { SeenLease } from './lease.ts';

/** The holder of the lease, where it is not this process. */
export interface OtherHolder {
  identity: string;
  note: string;
  /** It was seen to renew: it does not only stand in a lease that a dead process has left. */
  alive: boolean;
}

/**
 * What one process has seen of a lease, and what it may conclude: expiry counts from when a change of the record was
 * seen, never from what the record says.
 */
export class LeaseView {
  readonly #identity: string;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #seen: SeenLease | undefined;
  #changedAt = 0;
  #other: OtherHolder | undefined;
  #told: OtherHolder | undefined;

  constructor(identity: string, clock: Pick<Clock, 'monotonic'>) {
    this.#identity = identity;
    this.#clock = clock;
  }

  get seen(): SeenLease | undefined {
    return this.#seen;
  }

  get other(): OtherHolder | undefined {
    return this.#other;
  }

  observe(seen: SeenLease | undefined): void {
    const before = this.#seen?.record;
    this.#seen = seen;
    // What others write beside the record, such as a label, is no sign of the holder.
    if (sameJson(seen?.record, before)) return;
    this.#changedAt = this.#clock.monotonic();
    const { holder = '', note = '' } = seen?.record ?? {};
    if (holder === '' || holder === this.#identity) this.#other = undefined;
    else this.#other = { identity: holder, note, alive: holder === before?.holder };
  }

  /** Milliseconds until it may be taken. */
  get leftMs(): number {
    if (this.#other === undefined || this.#seen === undefined) return 0;
    const end = this.#changedAt + this.#seen.record.durationMs;
    return Math.max(0, end - this.#clock.monotonic());
  }

  /** The other holder, where this was not asked before with the same answer. */
  news(): OtherHolder | undefined {
    const other = this.#other;
    if (other === undefined || sameJson(other, this.#told)) return undefined;
    this.#told = other;
    return other;
  }
}
