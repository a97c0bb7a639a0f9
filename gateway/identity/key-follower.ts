import { KEY_PAGES_PATH } from '../contract/key-page.ts';
import type { ControlPlaneClient } from '../events/control-plane-client.ts';
import type { Log } from '../events/log.ts';
import { sleep } from '../sleep.ts';
import { type ReadPage, readKeyPage } from './read-keys.ts';

export interface KeyFollowerOptions {
  client: Pick<ControlPlaneClient, 'send'>;
  /** Takes each page in turn. The first one after a failure begins anew. */
  take(page: ReadPage): void;
  logger: Log;
  /** From 0 to 1, for the jitter. */
  random(): number;
  /** Seconds that the control plane is to hold an answer back while nothing changes; 10 by default. */
  waitSeconds?: number;
  /** Longest pause between two tries in ms; 3,000 by default. */
  maxPauseMs?: number;
  /** A signal that aborts after so many ms; `AbortSignal.timeout` by default. */
  timeout?(ms: number): AbortSignal;
  /** Waits between two tries until the signal aborts; the system's timer by default. */
  pause?(ms: number, signal: AbortSignal): Promise<void>;
}

export interface KeyFollower {
  stop(): Promise<void>;
}

/** Short enough that an age of twice that tells of trouble, long enough to cost nothing. */
const WAIT_SECONDS = 10;
/** What an answer may take beyond the wait: then the connection is taken for dead. */
const GRACE_MS = 5_000;
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 3_000;

/**
 * Reads the keys of the control plane, then waits for what changes, always with one call under way. After a failure it
 * reads everything again: the control plane may have been put back from a backup meanwhile.
 */
export function followKeys(options: KeyFollowerOptions): KeyFollower {
  const { client, take, logger, random } = options;
  const { waitSeconds = WAIT_SECONDS, maxPauseMs = MAX_PAUSE_MS } = options;
  const { timeout = (ms: number) => AbortSignal.timeout(ms), pause = sleep } = options;
  const stop = new AbortController();
  let failure: string | null = null;

  /** What follows `before`; everything where that is null. Waits only where all that there was has been read. */
  async function ask(before: ReadPage | null): Promise<ReadPage> {
    const wait = before?.more === false ? waitSeconds : 0;
    const after = before === null ? '' : `?after=${encodeURIComponent(before.cursor)}&wait=${wait}`;
    const patience = timeout(waitSeconds * 1000 + GRACE_MS);
    const signal = AbortSignal.any([stop.signal, patience]);
    const { status, body } = await client.send('GET', KEY_PAGES_PATH + after, null, {}, signal);
    if (status !== 200) throw new Error(`the control plane answered ${status}`);
    const page = readKeyPage(body);
    if (before === null && !page.whole) throw new Error('the control plane did not begin with all keys');
    return page;
  }

  async function run(): Promise<void> {
    let before: ReadPage | null = null;
    let failures = 0;
    while (!stop.signal.aborted) {
      try {
        const page = await ask(before);
        if (stop.signal.aborted) return;
        take(page);
        before = page;
        failures = 0;
        if (failure !== null) logger.info({}, 'keys come from the control plane again');
        failure = null;
      } catch (error) {
        if (stop.signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        if (failure !== reason) {
          logger.warn({ reason }, 'keys cannot be read from the control plane; those held stay in force');
        }
        failure = reason;
        before = null;
        const cap = Math.min(maxPauseMs, MIN_PAUSE_MS * 2 ** Math.min(failures, 20));
        failures += 1;
        await pause(cap / 2 + (random() * cap) / 2, stop.signal);
      }
    }
  }

  const running = run();
  return {
    async stop() {
      stop.abort();
      await running;
    },
  };
}
