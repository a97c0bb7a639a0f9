import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { CHILD_KINDS } from '../render/index.ts';
import {
  type ControllerMetrics,
  type DriftMetrics,
  EVENT_RESULTS,
  type EventMetrics,
  NUDGE_REASONS,
  NUDGE_RESULTS,
  type NudgeMetrics,
  OUTCOMES,
} from '../runtime/metrics.ts';

const SECONDS = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];

/**
 * The operator's metrics. The work queue has the names that every Kubernetes dashboard knows; the reconcile set
 * mirrors `controller_runtime_reconcile_total`, `_reconcile_time_seconds` and `_active_workers`.
 */
export class OperatorMetrics {
  readonly registry = new Registry();
  readonly #depth: Gauge<'name'>;
  readonly #adds: Counter<'name'>;
  readonly #retries: Counter<'name'>;
  readonly #queued: Histogram<'name'>;
  readonly #worked: Histogram<'name'>;
  readonly #unfinished = new Map<string, () => number>();
  readonly #reconciles: Counter<'controller' | 'result'>;
  readonly #duration: Histogram<'controller'>;
  readonly #timeouts: Counter<'controller'>;
  readonly #active: Gauge<'controller'>;
  readonly drift: DriftMetrics;
  readonly events: EventMetrics;
  readonly nudges: NudgeMetrics;

  constructor() {
    const registers = [this.registry];
    const queue = { labelNames: ['name'] as const, registers };
    this.#depth = new Gauge({ name: 'workqueue_depth', help: 'Keys that wait for a worker.', ...queue });
    this.#adds = new Counter({ name: 'workqueue_adds_total', help: 'Keys that were added.', ...queue });
    this.#retries = new Counter({
      name: 'workqueue_retries_total',
      help: 'Keys that were added again after a failure.',
      ...queue,
    });
    this.#queued = new Histogram({
      name: 'workqueue_queue_duration_seconds',
      help: 'Time in the queue.',
      buckets: SECONDS,
      ...queue,
    });
    this.#worked = new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'Time of working on a key.',
      buckets: SECONDS,
      ...queue,
    });
    const unfinished = this.#unfinished;
    new Gauge({
      name: 'workqueue_unfinished_work_seconds',
      help: 'Time that the keys being worked on have taken so far, in all; one that grows tells of a stuck worker.',
      collect() {
        for (const [name, seconds] of unfinished) this.set({ name }, seconds());
      },
      ...queue,
    });
    const own = { labelNames: ['controller'] as const, registers };
    this.#reconciles = new Counter({
      name: 'keeptrusts_operator_reconcile_total',
      help: 'Reconciles by result.',
      labelNames: ['controller', 'result'] as const,
      registers,
    });
    this.#duration = new Histogram({
      name: 'keeptrusts_operator_reconcile_seconds',
      help: 'Time of a reconcile.',
      buckets: SECONDS,
      ...own,
    });
    this.#timeouts = new Counter({
      name: 'keeptrusts_operator_reconcile_timeouts_total',
      help: 'Reconciles that were aborted for taking too long.',
      ...own,
    });
    this.#active = new Gauge({
      name: 'keeptrusts_operator_active_workers',
      help: 'Workers that are busy.',
      ...own,
    });
    const drift = new Counter({
      name: 'keeptrusts_operator_drift_corrections_total',
      help: 'Objects of gateways that others had changed or deleted, and that were put back.',
      labelNames: ['kind'] as const,
      registers,
    });
    for (const kind of CHILD_KINDS) drift.inc({ kind }, 0);
    this.drift = { driftCorrected: (kind) => drift.inc({ kind }) };
    const nudges = new Counter({
      name: 'keeptrusts_operator_pod_nudges_total',
      help: 'Annotations written to pods so that their kubelets look at what they mount; "again" is for pods that still have an older document after it.',
      labelNames: ['reason', 'result'] as const,
      registers,
    });
    for (const reason of NUDGE_REASONS) for (const result of NUDGE_RESULTS) nudges.inc({ reason, result }, 0);
    this.nudges = { nudged: (reason, result) => nudges.inc({ reason, result }) };
    const events = new Counter({
      name: 'keeptrusts_operator_events_total',
      help: 'Events about objects: written, refused or lost on the way, or dropped since there were too many.',
      labelNames: ['result'] as const,
      registers,
    });
    for (const result of EVENT_RESULTS) events.inc({ result }, 0);
    this.events = { event: (result) => events.inc({ result }) };
    collectDefaultMetrics({ register: this.registry });
  }

  /** The metrics of one controller, every label value present from the start so that rates work from the first. */
  controller(name: string): ControllerMetrics {
    const queue = { name };
    const own = { controller: name };
    this.#depth.set(queue, 0);
    this.#adds.inc(queue, 0);
    this.#retries.inc(queue, 0);
    this.#timeouts.inc(own, 0);
    for (const result of OUTCOMES) this.#reconciles.inc({ ...own, result }, 0);
    return {
      depth: (value) => this.#depth.set(queue, value),
      added: () => this.#adds.inc(queue),
      retried: () => this.#retries.inc(queue),
      waited: (seconds) => this.#queued.observe(queue, seconds),
      worked: (seconds) => this.#worked.observe(queue, seconds),
      unfinished: (seconds) => void this.#unfinished.set(name, seconds),
      reconciled: (result, seconds) => {
        this.#reconciles.inc({ ...own, result });
        this.#duration.observe(own, seconds);
      },
      timedOut: () => this.#timeouts.inc(own),
      activeWorkers: (value) => this.#active.set(own, value),
    };
  }

  /** Prometheus text. */
  async text(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }
}
