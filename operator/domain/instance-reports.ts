/** What a running gateway says of itself every few seconds; the API takes it, status is made of it. */
export interface InstanceReport {
  namespace: string;
  gateway: string;
  instance: string;
  /** Contract number of its code. */
  contract: number;
  version: string;
  ready: boolean;
  /** Why it is not, in its words; left out where it is or is being stopped, and by an older gateway. */
  unready?: string;
  /** The revision it enforces; null before the first. */
  revision: { number: number | null; hash: string } | null;
  /** The last document it refused, with why. */
  rejected: { hash: string; problems: { code: string; path: string; message: string }[] } | null;
  /** The targets of its document. */
  targets: TargetState[];
  /**
   * The keys that it holds of ours: how many, seconds since it last heard that these are all, and how many its version
   * does not take. Null where it has none yet; left out by one that takes none of ours.
   */
  keys?: { count: number; ageSeconds: number; unreadable: number } | null;
  /** Events that wait to be shipped. */
  backlog: number;
  stream: string | null;
  /** Milliseconds since the epoch, by the control plane's clock. */
  reportedAt: number;
}

export interface TargetState {
  id: string;
  /** Why the instance cannot use it now, in words that never hold a secret; null where it can. */
  unavailable: string | null;
  /**
   * `credential`: there is none to send; `vendor`: this release does not serve it; `credential_refused`: it can be used,
   * and its provider refused the credential that it was sent last. A newer gateway may know more.
   */
  code: string | null;
}

/** The newest report of each instance; one that has been silent for `STALE_AFTER_MS` is left out. */
export interface InstanceReports {
  put(report: InstanceReport): void;
  /** Drops what the instances of a gateway that was removed have said last. */
  forget(namespace: string, gateway: string): void;
  list(namespace?: string, gateway?: string): InstanceReport[];
  /** Whether every instance that runs has had the time to report: until then silence means nothing. */
  complete(): boolean;
  /** Called after each report that says something new. */
  onChange(listener: (namespace: string, gateway: string) => void): void;
}

/** Gateways report every 5 s; three missed reports mean that the instance is gone. */
const STALE_AFTER_MS = 15_000;

/** Kept in memory: after a restart the gateways tell again. `now` is in milliseconds since the epoch. */
export function createInstanceReports(now: () => number): InstanceReports {
  const newest = new Map<string, InstanceReport>();
  const since = now();
  const listeners: ((namespace: string, gateway: string) => void)[] = [];
  const said = ({ reportedAt: _at, backlog: _backlog, keys: _keys, ...rest }: InstanceReport): string =>
    JSON.stringify(rest);
  return {
    put(report) {
      const key = `${report.namespace}/${report.gateway}/${report.instance}`;
      const before = newest.get(key);
      newest.set(key, report);
      if (before !== undefined && said(before) === said(report)) return;
      for (const listener of listeners) listener(report.namespace, report.gateway);
    },
    forget(namespace, gateway) {
      for (const [key, report] of newest) {
        if (report.namespace === namespace && report.gateway === gateway) newest.delete(key);
      }
    },
    list(namespace, gateway) {
      const oldest = now() - STALE_AFTER_MS;
      for (const [key, report] of newest) if (report.reportedAt < oldest) newest.delete(key);
      return [...newest.values()].filter(
        (report) =>
          (namespace === undefined || report.namespace === namespace) &&
          (gateway === undefined || report.gateway === gateway),
      );
    },
    complete: () => now() - since >= STALE_AFTER_MS,
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
