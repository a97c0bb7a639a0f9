import type { ResourceProblem } from './api/problems.ts';
import { gatewayNames } from './controllers/gather.ts';
import { liveGateway } from './controllers/live.ts';
import type { Outcomes } from './controllers/outcomes.ts';
import type { UnwrittenStatuses } from './controllers/unwritten.ts';
import type { InstanceReports } from './domain/instance-reports.ts';
import { lackOf } from './lack.ts';
import { findingsOf, namespacesOf, statedProblems, unusable, unwrittenProblems } from './problems.ts';
import { gatewayOf } from './render/names.ts';
import type { Clock, Timer } from './runtime/clock.ts';
import type { Controller } from './runtime/controller.ts';
import type { ObjectCache } from './runtime/objects.ts';
import { programmed } from './status/gateway-state.ts';
import type { Surroundings } from './surroundings.ts';

/** One running gateway process, for people. */
export interface GatewayInstance {
  namespace: string;
  gateway: string;
  name: string;
  /** Base URL for applications. */
  url: string;
  adminUrl: string;
  pid: number | null;
  ready: boolean;
  /** Why it does not run, in words. */
  failure: string | null;
}

interface Watched {
  cache: ObjectCache;
  reports: InstanceReports;
  outcomes: Outcomes;
  unwritten: UnwrittenStatuses;
  gateway: Controller;
  /** Whether the controllers of this process run, from which the rest is known. */
  acting(): boolean;
  report(line: string): void;
}

const RECHECK_MS = 20;

/** What a person who started the control plane wants to know: is it up, where, and what is wrong with the objects. */
export class Progress {
  readonly #surroundings: Pick<Surroundings, 'instances' | 'emptiness' | 'place' | 'gateways'>;
  readonly #clock: Clock;
  #again: Timer | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #reported = new Map<string, ReadonlySet<string>>();
  #watched: Watched | undefined;

  constructor(
    surroundings: Pick<Surroundings, 'instances' | 'emptiness' | 'place' | 'gateways'>,
    clock: Clock,
  ) {
    this.#surroundings = surroundings;
    this.#clock = clock;
  }

  watch(watched: Watched): void {
    this.#watched = watched;
    const check = (): void => this.#check();
    watched.cache.onChange(check);
    watched.reports.onChange(check);
    watched.outcomes.onChange((namespace) => {
      this.#reportFindings(namespace);
      this.#check();
    });
  }

  instances(): GatewayInstance[] {
    return this.#surroundings
      .instances()
      .map(({ namespace, deployment, name, host, sharedPort, ownPort, ...state }) => ({
        namespace,
        gateway: gatewayOf(deployment),
        name,
        url: `http://${host}:${sharedPort}`,
        adminUrl: `http://${host}:${ownPort}`,
        ...state,
      }));
  }

  /** Why there is no gateway, in words; null where there is one. */
  lack(): string | null {
    const cache = this.#watched?.cache;
    return cache === undefined ? null : lackOf(cache, namespacesOf(cache), this.#surroundings.emptiness());
  }

  whenReady(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#check();
    });
  }

  #check(): void {
    if (this.#waiting.length === 0) return;
    if (!this.#isReady()) {
      // The last step is a queue that runs empty, which nobody hears of.
      this.#again ??= this.#clock.after(RECHECK_MS, () => {
        this.#again = undefined;
        this.#check();
      });
      return;
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #isReady(): boolean {
    const watched = this.#watched;
    // Keys that wait are changes that no outcome speaks of yet.
    if (watched === undefined || !watched.acting() || !watched.gateway.queue.idle) return false;
    // Pods take their time, and what keeps them from starting stands in the statuses.
    if (this.#surroundings.gateways === 'pods') return true;
    return namespacesOf(watched.cache).every((namespace) =>
      gatewayNames(watched.cache, namespace).every((name) => {
        const live = liveGateway(watched, namespace, name);
        const { replicas, ready } = live.deployment ?? { replicas: 1, ready: 0 };
        return ready >= replicas && programmed(live).status === 'True';
      }),
    );
  }

  /** What is wrong with the objects, or to be known of them, in all namespaces. */
  problems(): ResourceProblem[] {
    const watched = this.#watched;
    if (watched === undefined) return [];
    if (!watched.acting()) return statedProblems(watched.cache);
    return [
      ...namespacesOf(watched.cache).flatMap((namespace) => [
        ...this.#findings(watched, namespace),
        ...unusable(watched, namespace).map((problem) => this.#placed(problem)),
      ]),
      ...unwrittenProblems(watched.unwritten).map((problem) => this.#placed(problem)),
    ];
  }

  #findings(watched: Watched, namespace: string): ResourceProblem[] {
    return findingsOf(watched, namespace).map((problem) => this.#placed(problem));
  }

  #placed(problem: ResourceProblem): ResourceProblem {
    const { object, message } = problem;
    return { ...problem, ...(object !== null && this.#surroundings.place?.(object, message)) };
  }

  /** Each problem once, and again only after it was gone. */
  #reportFindings(namespace: string): void {
    const watched = this.#watched;
    if (watched === undefined) return;
    const lines = new Set(this.#findings(watched, namespace).map(lineOf));
    const told = this.#reported.get(namespace);
    for (const line of lines) if (told?.has(line) !== true) watched.report(line);
    this.#reported.set(namespace, lines);
  }
}

function lineOf({ file, line, column, object, severity, message }: ResourceProblem): string {
  const place = [file, line, column].filter((part) => part !== null).join(':');
  return `${place === '' ? '' : `${place}: `}${object}: ${severity === 'warning' ? 'warning: ' : ''}${message}`;
}
