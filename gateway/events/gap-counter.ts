import type { Gap } from './control-events.ts';
import type { DecisionEvent } from './event.ts';

/** Counts the events that a full spool could not take, until they are written down as one gap. */
export class GapCounter {
  #gap: Gap | null = null;
  /** Events dropped since the process began. */
  total = 0;

  get pending(): boolean {
    return this.#gap !== null;
  }

  add(event: Pick<DecisionEvent, 'ts' | 'verdict' | 'cost_nanos'>): void {
    this.total += 1;
    this.#gap ??= {
      reason: 'full',
      count: 0,
      from_ts: event.ts,
      to_ts: event.ts,
      by_verdict: {},
      cost_nanos: 0,
    };
    const gap = this.#gap;
    gap.count += 1;
    if (event.ts < gap.from_ts!) gap.from_ts = event.ts;
    if (event.ts > gap.to_ts!) gap.to_ts = event.ts;
    const verdict = event.verdict ?? 'error';
    gap.by_verdict![verdict] = (gap.by_verdict![verdict] ?? 0) + 1;
    gap.cost_nanos! += event.cost_nanos ?? 0;
  }

  /** Takes what was counted; `restore` puts it back when it could not be written. */
  take(): Gap | null {
    const gap = this.#gap;
    this.#gap = null;
    return gap;
  }

  restore(gap: Gap): void {
    const later = this.#gap;
    if (later === null) {
      this.#gap = gap;
      return;
    }
    for (const [verdict, count] of Object.entries(gap.by_verdict ?? {})) {
      later.by_verdict![verdict] = (later.by_verdict![verdict] ?? 0) + count;
    }
    later.count += gap.count;
    later.cost_nanos! += gap.cost_nanos ?? 0;
    if (gap.from_ts !== undefined && gap.from_ts < later.from_ts!) later.from_ts = gap.from_ts;
  }
}
