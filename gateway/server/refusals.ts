import type { Clock } from '../clock.ts';
import type { ErrorCode } from '../errors.ts';
import type { DecisionEvent, EventRecorder } from '../events/event.ts';

/** Refusals are gathered for so long (ms): a flood of bad callers must not become a flood of events. */
const GATHER_MS = 1_000;

export interface RefusalOptions {
  listener: string;
  clock: Pick<Clock, 'now'>;
  recorder: EventRecorder;
  eventId(): string;
  revision(): DecisionEvent['revision'];
  counted(code: ErrorCode): void;
}

/** Counts refusals before anybody was identified: one event per listener and second tells how many and why. */
export class Refusals {
  readonly #options: RefusalOptions;
  #counts = new Map<ErrorCode, number>();
  #firstMs = 0;
  #last = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: RefusalOptions) {
    this.#options = options;
  }

  count(code: ErrorCode, status: number): void {
    this.#options.counted(code);
    if (this.#counts.size === 0) this.#firstMs = this.#options.clock.now();
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
    this.#last = status;
    if (this.#timer === null) {
      this.#timer = setTimeout(() => this.flush(), GATHER_MS);
      this.#timer.unref();
    }
  }

  /** Writes what has been counted. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#counts.size === 0) return;
    const counts = this.#counts;
    this.#counts = new Map();
    const event = refusedEvent(this.#options, counts, this.#firstMs, this.#last);
    // A spool without room counts the gap itself.
    Promise.resolve(this.#options.recorder.end(event)).catch(() => undefined);
  }
}

function refusedEvent(
  options: RefusalOptions,
  counts: ReadonlyMap<ErrorCode, number>,
  fromMs: number,
  status: number,
): DecisionEvent {
  const [code] = [...counts].sort((a, b) => b[1] - a[1])[0]!;
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return {
    id: options.eventId(),
    kind: 'refused',
    ts: new Date(fromMs).toISOString(),
    purpose: 'production',
    request_id: null,
    dialect: 'none',
    stream_response: false,
    status,
    verdict: null,
    mode: null,
    reason: code,
    policy: null,
    error: { code, message: `${total} refused before a caller was identified.` },
    degraded: false,
    requested_model: '',
    model: '',
    provider: null,
    target: null,
    attempts: [],
    finish_reasons: [],
    team: null,
    project: null,
    use_case: null,
    task_id: null,
    key: null,
    user_token: null,
    client_token: null,
    token_key: null,
    usage: null,
    cost: null,
    cost_nanos: null,
    cost_source: 'none',
    latency_ms: 0,
    timings_ms: { input: 0, route: 0, upstream_first_byte: null, upstream: null, output: 0 },
    entries: [],
    coverage: { request_bytes_scanned: 0, response_bytes_scanned: 0, skipped: [] },
    edits: [],
    revision: options.revision(),
    facts: { listener: options.listener, count: total, by_code: Object.fromEntries(counts) },
  };
}
