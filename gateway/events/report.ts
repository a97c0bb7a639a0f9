import type { ControlPlaneClient } from './control-plane-client.ts';
import type { Log } from './log.ts';

/** What a gateway says of itself, see `PUT /v1/gateways/{namespace}/{name}/instances/{id}`. */
export interface InstanceReport {
  /** Contract number that this code speaks. */
  contract: number;
  version: string;
  ready: boolean;
  /** Why no traffic may be sent to it, in words; null where it may, and where it is being stopped. */
  unready: string | null;
  /** The revision that is enforced; null before the first. */
  revision: { number: number | null; hash: string } | null;
  /** The newest document that was refused, and why; null when the newest is enforced. */
  rejected: {
    hash: string;
    problems: { code: string; path: string; message: string }[];
  } | null;
  /**
   * The targets of the document in force. `unavailable` says in words why one cannot be used; null where it can. `code`
   * is `credential_refused` for one that can be used, and whose provider refused the credential that it was sent last.
   */
  targets: { id: string; unavailable: string | null; code: string | null }[];
  /**
   * Keys that the control plane gave: how many are held, seconds since it last said that these are all, and how many of
   * its keys this version does not take. Null where there are none yet, left out where none are taken from it.
   */
  keys?: { count: number; age_seconds: number; unreadable: number } | null;
  /** Events that the control plane does not have yet. */
  backlog: number;
  /** The stream that events are written to. */
  stream: string | null;
  /** Size of that stream. */
  next_seq: number;
  /** Bytes of the spool. */
  spool_bytes: number;
  /** Events dropped by this process, since the spool was full. */
  dropped: number;
}

export interface ReporterOptions {
  client: ControlPlaneClient;
  namespace: string;
  gateway: string;
  instance: string;
  /** Called for each report. */
  describe(): InstanceReport;
  logger: Log;
  /** Milliseconds between two reports; 5,000 by default. */
  everyMs?: number;
  /** Milliseconds that one report may take; 4,000 by default. */
  timeoutMs?: number;
}

export interface Reporter {
  /** Reports now, as after a change of the revision or of readiness. */
  now(): void;
  /** Sends a last report, unready, and stops: within a second, and one that is under way is given up for it. */
  stop(): Promise<void>;
}

const EVERY_MS = 5_000;
/** One call that hangs must not outlast the 15 s after which the control plane takes a silent instance for gone. */
const REPORT_MS = 4_000;
/** Milliseconds for the last report. */
const LAST_REPORT_MS = 1_000;
const ENDING = new Error('the gateway ends');

/** Reports every few seconds, and at once when told to. A control plane that is away costs nothing but a log line. */
export function startReporter(options: ReporterOptions): Reporter {
  const { client, namespace, gateway, instance, describe, logger } = options;
  const path = `/v1/gateways/${encodeURIComponent(namespace)}/${encodeURIComponent(gateway)}/instances/${encodeURIComponent(instance)}`;
  let sending: Promise<void> | null = null;
  let again = false;
  let failed = false;
  const ending = new AbortController();

  async function send(report: InstanceReport, signal: AbortSignal): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    try {
      const { status } = await client.send('PUT', path, JSON.stringify(report), headers, signal);
      if (status >= 300) throw new Error(`the control plane answered ${status}`);
      failed = false;
    } catch (error) {
      if (signal.reason === ENDING) return;
      const reason = error instanceof Error ? error.message : String(error);
      if (!failed) logger.warn({ reason }, 'this instance cannot report to the control plane');
      failed = true;
    }
  }

  function report(): void {
    if (sending !== null) {
      again = true;
      return;
    }
    const patience = AbortSignal.timeout(options.timeoutMs ?? REPORT_MS);
    sending = send(describe(), AbortSignal.any([ending.signal, patience])).then(() => {
      sending = null;
      if (!again) return;
      again = false;
      report();
    });
  }

  const timer = setInterval(report, options.everyMs ?? EVERY_MS);
  timer.unref();
  report();
  return {
    now: report,
    async stop() {
      clearInterval(timer);
      again = false;
      ending.abort(ENDING);
      await sending;
      await send({ ...describe(), ready: false }, AbortSignal.timeout(LAST_REPORT_MS));
    },
  };
}
