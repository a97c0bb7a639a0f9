import { Counter, Gauge, Registry } from 'prom-client';
import type { DecisionEvent } from '../events/event.ts';
import { CounterChildren } from './children.ts';
import { TalliedHistogram } from './histogram.ts';

/** Seconds; from a cache's answer to the time-out of the SDKs. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
/** As the GenAI conventions of OpenTelemetry advise for tokens. */
const TOKEN_BUCKETS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576];

/** What the gauges are read from when somebody scrapes. */
export interface MetricSources {
  inFlight(): number;
  waiting(): number;
  eventLoopDelaySeconds(): number;
  ready(): boolean;
  revision(): { number: number | null; hash: string } | null;
  spool(): { bytes: number; open: number; dropped: number; full: boolean } | null;
  /** Events that the control plane does not have; null without one. */
  backlog(): number | null;
  /** Whether the last try to deliver events failed; null without a control plane. */
  undelivered(): boolean | null;
  /** Keys that the control plane gave; null where there are none yet, or none are taken from it. */
  keys?(): { count: number; ageSeconds: number; unreadable: number } | null;
}

/** The gateway's metrics. Label values come from documents and fixed lists, never from callers. */
export class GatewayMetrics {
  readonly registry = new Registry();
  /** Identified requests since the start. */
  total = 0;
  readonly #knownModels: () => ReadonlySet<string>;
  readonly #requests: CounterChildren;
  readonly #duration: TalliedHistogram;
  readonly #evaluations: CounterChildren;
  readonly #tokens: CounterChildren;
  readonly #decisions: CounterChildren;
  readonly #cost: CounterChildren;
  readonly #refusals: CounterChildren;
  readonly #rejected: Counter;
  readonly #genaiDuration: TalliedHistogram;
  readonly #genaiTokens: TalliedHistogram;

  /** @param knownModels names that the document lists; any other is counted as `other` */
  constructor(knownModels: () => ReadonlySet<string>, sources: MetricSources) {
    this.#knownModels = knownModels;
    const registers = [this.registry];
    const counter = (name: string, help: string, labelNames: string[]): CounterChildren => {
      const children = new CounterChildren();
      new Counter({
        name,
        help,
        labelNames,
        registers,
        collect() {
          children.flush(this);
        },
      });
      return children;
    };
    const histogram = (
      name: string,
      help: string,
      labelNames: string[],
      buckets: number[],
    ): TalliedHistogram => new TalliedHistogram({ name, help, labelNames, buckets }, this.registry);
    this.#requests = counter('keeptrusts_gateway_requests_total', 'Identified requests.', [
      'provider',
      'model',
      'status',
    ]);
    this.#duration = histogram(
      'keeptrusts_gateway_request_duration_seconds',
      'From the first byte of a request to the event.',
      ['provider'],
      DURATION_BUCKETS,
    );
    this.#evaluations = counter('keeptrusts_gateway_policy_evaluations_total', 'Runs of policy entries.', [
      'policy',
      'result',
    ]);
    this.#tokens = counter('keeptrusts_gateway_tokens_total', 'Tokens used.', ['direction', 'model']);
    this.#decisions = counter(
      'keeptrusts_gateway_decisions_total',
      'Verdicts; error where a request got none.',
      ['verdict', 'mode'],
    );
    this.#cost = counter('keeptrusts_gateway_cost_nanodollars_total', 'Cost in billionths of a US dollar.', [
      'provider',
      'model',
    ]);
    this.#refusals = counter(
      'keeptrusts_gateway_refusals_total',
      'Requests refused before a caller was identified.',
      ['code'],
    );
    this.#rejected = new Counter({
      name: 'keeptrusts_gateway_config_rejected_total',
      help: 'Documents that were refused; the one before stays in force.',
      registers: [this.registry],
    });
    this.#genaiDuration = histogram(
      'gen_ai_client_operation_duration_seconds',
      'Duration of a call of a provider.',
      ['gen_ai_operation_name', 'gen_ai_provider_name'],
      DURATION_BUCKETS,
    );
    this.#genaiTokens = histogram(
      'gen_ai_client_token_usage',
      'Tokens of a call.',
      ['gen_ai_token_type', 'gen_ai_provider_name'],
      TOKEN_BUCKETS,
    );
    this.#gauges(sources);
  }

  refused(code: string): void {
    this.#refusals.add(1, code);
  }

  configRejected(): void {
    this.#rejected.inc();
  }

  /** Counts one finished request. */
  finished(event: DecisionEvent): void {
    this.total += 1;
    const provider = event.provider ?? 'none';
    const model = this.#knownModels().has(event.requested_model) ? event.requested_model : 'other';
    this.#requests.add(1, provider, model, String(event.status));
    this.#duration.observe(event.latency_ms / 1000, provider);
    this.#decisions.add(1, event.verdict ?? 'error', event.mode ?? 'none');
    for (const { id, phases } of event.entries) {
      for (const { outcome, verdict } of phases) {
        if (outcome === 'not_run') continue;
        const result =
          outcome === 'error' || verdict === null ? 'error' : verdict === 'allow' ? 'pass' : verdict;
        this.#evaluations.add(1, id, result);
      }
    }
    if (event.cost_nanos !== null) this.#cost.add(event.cost_nanos, provider, model);
    const { upstream } = event.timings_ms;
    if (upstream !== null) this.#genaiDuration.observe(upstream / 1000, 'chat', provider);
    if (event.usage === null) return;
    const { usage } = event;
    const input = usage.input + usage.cached_input + usage.cache_write + usage.audio_input;
    const output = usage.output + usage.reasoning + usage.audio_output;
    this.#tokens.add(input, 'input', model);
    this.#tokens.add(output, 'output', model);
    this.#genaiTokens.observe(input, 'input', provider);
    this.#genaiTokens.observe(output, 'output', provider);
  }

  #gauges(sources: MetricSources): void {
    const gauge = (name: string, help: string, read: () => number | null): void => {
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          const value = read();
          // Without this it would be written as 0.
          if (value === null) this.remove();
          else this.set(value);
        },
      });
    };
    gauge('keeptrusts_gateway_in_flight_requests', 'Requests being served.', () => sources.inFlight());
    gauge('keeptrusts_gateway_waiting_requests', 'Requests that wait for a place.', () => sources.waiting());
    gauge('keeptrusts_gateway_event_loop_delay_seconds', 'p99 of the last 100 ms.', () =>
      sources.eventLoopDelaySeconds(),
    );
    gauge('keeptrusts_gateway_ready', '1 when traffic is served.', () => (sources.ready() ? 1 : 0));
    gauge('keeptrusts_gateway_spool_bytes', 'Size of the event spool.', () => sources.spool()?.bytes ?? null);
    gauge('keeptrusts_gateway_spool_full', '1 when the spool has no room.', () =>
      sources.spool()?.full === true ? 1 : 0,
    );
    gauge(
      'keeptrusts_gateway_spool_open_requests',
      'Begun requests without an event yet.',
      () => sources.spool()?.open ?? null,
    );
    gauge(
      'keeptrusts_gateway_events_dropped',
      'Events dropped since the start.',
      () => sources.spool()?.dropped ?? null,
    );
    gauge('keeptrusts_gateway_event_backlog', 'Events that the control plane does not have.', () =>
      sources.backlog(),
    );
    gauge(
      'keeptrusts_gateway_event_delivery_failing',
      '1 while events cannot be delivered; they wait in the spool, and the log says why.',
      () => {
        const failing = sources.undelivered();
        return failing === null ? null : Number(failing);
      },
    );
    gauge(
      'keeptrusts_gateway_keys',
      'Keys of the control plane that are held.',
      () => sources.keys?.()?.count ?? null,
    );
    gauge(
      'keeptrusts_gateway_keys_unreadable',
      'Keys of the control plane that this version does not take.',
      () => sources.keys?.()?.unreadable ?? null,
    );
    gauge(
      'keeptrusts_gateway_keys_age_seconds',
      'Time since the control plane last said that the keys held are all.',
      () => sources.keys?.()?.ageSeconds ?? null,
    );
    const info = new Gauge({
      name: 'keeptrusts_gateway_revision_info',
      help: 'The policy config in force.',
      labelNames: ['revision', 'hash'],
      registers: [this.registry],
      collect() {
        const revision = sources.revision();
        this.reset();
        if (revision !== null) this.set({ revision: String(revision.number ?? ''), hash: revision.hash }, 1);
      },
    });
    info.reset();
  }
}
