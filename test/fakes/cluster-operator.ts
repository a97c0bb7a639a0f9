import { randomUUID } from 'node:crypto';
import { loadKindContracts } from '../../gateway/contract/kinds.ts';
import { createControllers } from '../../operator/controllers/index.ts';
import { createInstanceReports } from '../../operator/domain/instance-reports.ts';
import { createLinter } from '../../operator/domain/lint.ts';
import type { AcceptedSpec } from '../../operator/domain/snapshot.ts';
import { KubeClient } from '../../operator/kube/client.ts';
import { loadKube } from '../../operator/kube/config.ts';
import { kubeEventSink } from '../../operator/kube/events.ts';
import type { KubeMetrics } from '../../operator/kube/metrics.ts';
import { KubeObjects } from '../../operator/kube/objects.ts';
import { type Clock, systemClock } from '../../operator/runtime/clock.ts';
import { BoundedEventRecorder } from '../../operator/runtime/event-recorder.ts';
import { silentLog } from '../../operator/runtime/log.ts';
import type { ObjectClient } from '../../operator/runtime/objects.ts';
import { CountingClient } from './counting-client.ts';
import { instanceReport } from './instance-report.ts';
import { testCluster } from './kubectl.ts';
import { noMetrics } from './no-metrics.ts';

const linter = createLinter({
  kinds: await loadKindContracts(),
  loneGateway: false,
  listen: '0.0.0.0:41002',
});

export interface ClusterOperatorOptions {
  namespace: string;
  /** Further namespaces. */
  others?: readonly string[];
  /** Puts something between the API server and the controllers. */
  between?: (client: ObjectClient) => ObjectClient;
  clock?: Clock;
  /** Path of the kubeconfig; that of the tier without it. */
  kubeconfig?: string;
  /** What an earlier operator remembered; nothing where its store was lost. */
  accepted?: readonly AcceptedSpec[];
}

/** The controllers over the API server of the tier, in its namespaces, with calls and drift counted. */
export class ClusterOperator {
  readonly client: CountingClient;
  readonly reports = createInstanceReports(() => Date.now());
  /** Kind of each object that was put back. */
  readonly drift: string[] = [];
  readonly eventResults: string[] = [];
  readonly #objects: KubeObjects;
  readonly #controllers: ReturnType<typeof createControllers>;
  readonly #recorder: BoundedEventRecorder;
  readonly #close: () => Promise<void>;

  private constructor(
    objects: KubeObjects,
    api: KubeClient,
    close: () => Promise<void>,
    { clock = systemClock, between = (client) => client }: ClusterOperatorOptions,
  ) {
    this.#objects = objects;
    this.#close = close;
    this.client = new CountingClient(between(objects));
    this.#recorder = new BoundedEventRecorder({
      sink: kubeEventSink(api, 'test'),
      clock,
      log: silentLog,
      metrics: { event: (result) => this.eventResults.push(result) },
    });
    this.#controllers = createControllers({
      client: this.client,
      reports: this.reports,
      clock,
      linter,
      image: 'keeptrusts/gateway:test',
      paused: false,
      controlPlane: { url: 'http://keeptrusts.example:8080' },
      archive: { keepRevision: async () => {}, keepAccepted: async () => {} },
      drift: { driftCorrected: (kind) => this.drift.push(kind) },
      events: this.#recorder,
      address: (namespace, gateway) => `http://keeptrusts-${gateway}.${namespace}.svc:41002`,
      runtime: () => ({
        clock,
        random: Math.random,
        log: silentLog,
        metrics: noMetrics,
        reconcileId: randomUUID,
      }),
    });
  }

  /** Resolves when the caches are full and the controllers run. */
  static async start(options: ClusterOperatorOptions): Promise<ClusterOperator> {
    const kube = await loadKube({ kubeconfig: options.kubeconfig ?? testCluster().kubeconfig });
    const deps = {
      clock: options.clock ?? systemClock,
      random: Math.random,
      log: silentLog,
      metrics: noKubeMetrics,
    };
    const api = new KubeClient(kube, deps);
    const objects = new KubeObjects(
      api,
      { namespaces: [options.namespace, ...(options.others ?? [])] },
      deps,
    );
    const operator = new ClusterOperator(objects, api, () => kube.close(), options);
    operator.#controllers.outcomes.restore({ accepted: options.accepted ?? [], revisions: [] });
    await objects.start(AbortSignal.timeout(20_000));
    operator.#controllers.gateway.start();
    operator.#controllers.status.start();
    return operator;
  }

  get cache(): ObjectClient['cache'] {
    return this.#objects.cache;
  }

  /** Nothing waits and nothing runs; what is due later does not count. */
  get idle(): boolean {
    return [this.#controllers.gateway, this.#controllers.status].every(({ queue }) => queue.depth === 0);
  }

  revision(namespace: string, gateway: string): { number: number; hash: string } | null {
    return this.#controllers.outcomes.revision(namespace, gateway);
  }

  failure(namespace: string, gateway: string): string | null {
    return this.#controllers.outcomes.get(namespace, gateway)?.failure?.reason ?? null;
  }

  /** As the instances of a gateway would, each says that it runs the newest revision. */
  report(namespace: string, gateway: string, instances = 1): void {
    for (let index = 0; index < instances; index++) {
      const revision = this.revision(namespace, gateway);
      this.reports.put(instanceReport({ namespace, gateway, revision, reportedAt: Date.now() }, index));
    }
  }

  /** Resolves when every event has been written or refused. */
  events(): Promise<void> {
    return this.#recorder.drain();
  }

  async stop(): Promise<void> {
    await this.#controllers.gateway.stop();
    await this.#controllers.status.stop();
    await this.#recorder.drain();
    await this.#objects.stop();
    await this.#close();
  }
}

const noKubeMetrics: KubeMetrics = {
  requested: () => {},
  restarted: () => {},
  synced: () => {},
  heard: () => {},
};
