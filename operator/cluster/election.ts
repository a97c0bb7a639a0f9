import type { KubeClient } from '../kube/client.ts';
import { KubeLease } from '../kube/lease.ts';
import type { Clock } from '../runtime/clock.ts';
import { Elector, TIMES } from '../runtime/elector.ts';
import { EventLoopWatch } from '../runtime/event-loop.ts';
import type { OtherHolder } from '../runtime/lease-view.ts';
import type { Log } from '../runtime/log.ts';
import type { Part } from '../runtime/manager.ts';
import type { LeaderMetrics } from '../runtime/metrics.ts';
import type { Election } from '../surroundings.ts';

/** The Lease of the operators of a cluster; `config/rbac` names it too. */
const LEASE_NAME = 'keeptrusts-operator';

export interface ElectionOptions {
  /** Namespace of the lease. */
  namespace: string;
  /** Names this process. */
  identity: string;
  store: { identity: string; shared: boolean };
  /** Gateways run as processes of this one, and end with it. */
  localGateways: boolean;
}

export interface ElectionDeps {
  client: KubeClient;
  clock: Clock;
  random: () => number;
  log: Log;
  metrics: LeaderMetrics;
  report(line: string): void;
  /** The process must end at once: another may act by now. */
  lost(reason: string): void;
}

/** Sees to it that of several operators of a cluster one acts, and that all of them keep one record. */
export class ClusterElection implements Election {
  readonly part: Part;
  readonly mayStandBy: boolean;
  readonly #options: ElectionOptions;
  readonly #report: (line: string) => void;
  readonly #elector: Elector;
  readonly #listeners: ((leader: string) => void)[] = [];
  #leader = '';

  constructor(options: ElectionOptions, deps: ElectionDeps) {
    this.#options = options;
    this.#report = deps.report;
    this.mayStandBy = options.store.shared;
    const { identity, namespace, store, localGateways } = options;
    this.#elector = new Elector(
      // With a store of its own nobody else knows what it knows; nobody else runs the gateways beside it.
      { identity, note: store.identity, irreplaceable: !store.shared || localGateways },
      {
        ...deps,
        lease: new KubeLease(deps.client, { namespace, name: LEASE_NAME }),
        noticed: (other) => this.#noticed(other),
        paused: (seconds) =>
          deps.report(
            `the lease ${this.#place} could not be renewed for ${seconds} s: nothing is written until it is. Gateways go on with what they have.`,
          ),
        lost: (reason) => deps.lost(`the lease ${this.#place} is lost: ${reason}`),
      },
    );
    const loop = new EventLoopWatch(deps.clock, deps.metrics);
    this.part = {
      name: 'lease',
      start: (signal) => {
        loop.start();
        return this.#elector.start(signal);
      },
      stop: async () => {
        loop.stop();
        await this.#elector.stop();
      },
    };
  }

  mayAct(): boolean {
    return this.#elector.mayAct();
  }

  onStandby(listener: (leader: string) => void): void {
    this.#listeners.push(listener);
  }

  get #place(): string {
    return `${this.#options.namespace}/${LEASE_NAME}`;
  }

  /** @throws Error where the other works with another store: what one is told the other would not know */
  #noticed({ identity, note, alive }: OtherHolder): void {
    const { store } = this.#options;
    const sameStore = note === store.identity || note === '';
    if (store.shared && sameStore) {
      // That it lives is no news.
      if (identity !== this.#leader) for (const listener of this.#listeners) listener(identity);
      this.#leader = identity;
      return;
    }
    if (!alive) {
      this.#report(
        `the lease ${this.#place} is held by ${identity}; if that one has ended, it runs out within ${TIMES.durationMs / 1000} s`,
      );
      return;
    }
    const remedy = store.shared
      ? 'give both the same DATABASE_URL'
      : 'with SQLite there can be only one, so give both the same DATABASE_URL';
    throw new Error(
      `another operator, ${identity}, acts by the lease ${this.#place} and keeps its records in another store. ` +
        `Stop it, or ${remedy}; for other namespaces of the cluster, name them with --namespaces and a lease of their own with --lease-namespace.`,
    );
  }
}
