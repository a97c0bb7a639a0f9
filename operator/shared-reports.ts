import type { InstanceReport, InstanceReports } from './domain/instance-reports.ts';
import type { Clock, Timer } from './runtime/clock.ts';
import type { Log } from './runtime/log.ts';
import type { Store } from './store/store.ts';

/** Milliseconds between two looks at what the others heard: a policy is to be programmed within 2 s of the report. */
const LOOK_MS = 1000;

/** Milliseconds for which it is remembered what an instance said itself. */
const KEPT_MS = 60_000;

/** Milliseconds by which the clocks of control planes may differ without a report being missed. */
const SKEW_MS = 5000;

export interface SharedReportsDeps {
  store: Pick<Store, 'putInstanceReport' | 'listInstanceReports' | 'forgetInstances'>;
  clock: Clock;
  log: Log;
}

/**
 * What gateways report, among all control planes of one store: a gateway speaks to any of them, and the one that acts
 * has to hear of it.
 */
export class SharedReports implements InstanceReports {
  readonly #own: InstanceReports;
  readonly #deps: SharedReportsDeps;
  /** Of each instance the report that waits for its predecessor to be written; null where none does. */
  readonly #writing = new Map<string, InstanceReport | null>();
  /** `reportedAt` of the newest report of each instance that came to this process. */
  readonly #heard = new Map<string, number>();
  #newest = 0;
  #timer: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  #troubled = false;

  constructor(own: InstanceReports, deps: SharedReportsDeps) {
    this.#own = own;
    this.#deps = deps;
  }

  start(): void {
    this.#timer = this.#deps.clock.after(LOOK_MS, () => {
      this.#looking = this.#look().finally(() => {
        if (!this.#stopped) this.start();
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  put(report: InstanceReport): void {
    this.#own.put(report);
    const key = keyOf(report);
    this.#heard.set(key, report.reportedAt);
    if (this.#writing.has(key)) this.#writing.set(key, report);
    else void this.#write(key, report);
  }

  forget(namespace: string, gateway: string): void {
    this.#own.forget(namespace, gateway);
    this.#deps.store.forgetInstances(namespace, gateway).catch((error: unknown) => this.#trouble(error));
  }

  list(namespace?: string, gateway?: string): InstanceReport[] {
    return this.#own.list(namespace, gateway);
  }

  complete(): boolean {
    return this.#own.complete();
  }

  onChange(listener: (namespace: string, gateway: string) => void): void {
    this.#own.onChange(listener);
  }

  /** One write of an instance at a time: a store that is slow gets the newest, not all. */
  async #write(key: string, first: InstanceReport): Promise<void> {
    for (let report: InstanceReport | null = first; report !== null; ) {
      this.#writing.set(key, null);
      try {
        await this.#deps.store.putInstanceReport(report);
        this.#troubled = false;
      } catch (error) {
        // The instance reports again in a few seconds.
        this.#trouble(error);
      }
      report = this.#writing.get(key) ?? null;
    }
    this.#writing.delete(key);
  }

  async #look(): Promise<void> {
    try {
      // A clock that runs ahead must not hide what the others write.
      const since = Math.min(this.#newest, this.#deps.clock.now()) - SKEW_MS;
      for (const report of await this.#deps.store.listInstanceReports(since)) {
        this.#newest = Math.max(this.#newest, report.reportedAt);
        const heard = this.#heard.get(keyOf(report));
        if (heard === undefined || heard < report.reportedAt) this.#own.put(report);
      }
      for (const [key, at] of this.#heard) if (at < since - KEPT_MS) this.#heard.delete(key);
      this.#troubled = false;
    } catch (error) {
      this.#trouble(error);
    }
  }

  /** A line for the first of several failures in a row. */
  #trouble(error: unknown): void {
    if (!this.#troubled) this.#deps.log.warn({ err: error }, 'reports of gateways cannot be shared');
    this.#troubled = true;
  }
}

function keyOf({ namespace, gateway, instance }: InstanceReport): string {
  return `${namespace}/${gateway}/${instance}`;
}
