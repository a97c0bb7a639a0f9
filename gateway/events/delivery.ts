import { INGEST_HEADERS, INGEST_TYPE, MAX_BATCH_RECORDS } from '../contract/ingest.ts';
import { sleep } from '../sleep.ts';
import { type Batch, BatchReader, nextToShip } from './batch.ts';
import type { ControlPlaneAnswer, ControlPlaneClient } from './control-plane-client.ts';
import { DeadLetters } from './dead-letters.ts';
import type { Log } from './log.ts';
import type { Spool } from './spool.ts';

export interface DeliveryOptions {
  spool: Spool;
  client: ControlPlaneClient;
  /** Folder for records that the control plane refuses. */
  deadDir: string;
  logger: Log;
  /** From 0 to 1, for the jitter. */
  random(): number;
  /** Milliseconds that events wait for others to travel with; 250 by default. */
  gatherMs?: number;
  /** Longest pause between two tries in ms; 30,000 by default. */
  maxPauseMs?: number;
  /** Waits until the signal aborts; the system's timer by default. */
  sleep?(ms: number, signal: AbortSignal): Promise<void>;
}

export interface DeliveryStats {
  /** Events that the control plane does not have yet. */
  backlog: number;
  /** Records that it refused. */
  dead: number;
  /** Streams of which it has another history: an alarm for people, nothing is sent of them. */
  forked: readonly string[];
  /** Why the last try failed; null after one that did not. */
  failure: string | null;
}

export interface Delivery {
  readonly stats: DeliveryStats;
  /** Ships what is left for at most `drainMs`, then stops; for less where the token is refused. */
  stop(drainMs: number): Promise<void>;
}

const GATHER_MS = 250;
/** Records that are waited with for others; above, batches follow each other. */
const FEW_RECORDS = MAX_BATCH_RECORDS / 4;
const MIN_PAUSE_MS = 200;
const MAX_PAUSE_MS = 30_000;
const MAX_RETRY_AFTER_MS = 300_000;
/** A token that is refused for so long after a stop (ms) is not renewed any more: its account is gone. */
const MAX_REFUSED_MS = 5_000;
/** Refusals of the batch itself, not of the moment. */
const REFUSED = new Set([400, 413, 415, 422]);

type Retry = { next: 'retry'; why: string; afterMs: number | null; refused: boolean };
type Outcome = { next: 'go on' } | Retry;
const GO_ON: Outcome = { next: 'go on' };

/**
 * Ships the spool to the control plane: one batch in flight, in order, each record from the disk and only once it is
 * there for good. What arrived is known by the server's mark of (stream, seq), so a batch may be sent twice.
 */
export function startDelivery(options: DeliveryOptions): Delivery {
  return new Shipper(options);
}

class Shipper implements Delivery {
  readonly #options: DeliveryOptions;
  readonly #sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly #stop = new AbortController();
  readonly #dead: DeadLetters;
  readonly #reader: BatchReader;
  readonly #forked = new Set<string>();
  readonly #unlisten: () => void;
  readonly #running: Promise<void>;
  #wake: (() => void) | null = null;
  #draining = false;
  /** When a refused token is given up, by `performance.now()`. */
  #refusedUntil = Number.POSITIVE_INFINITY;
  #failure: string | null = null;
  #failures = 0;
  /** Records of the next batch at most: fewer after a refusal that does not say which record it was. */
  #most = MAX_BATCH_RECORDS;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#sleep = options.sleep ?? sleep;
    this.#dead = new DeadLetters(options.deadDir);
    this.#reader = new BatchReader(options.spool, (stream, seq) => this.#dead.has(stream, seq));
    this.#unlisten = options.spool.onAppend(() => this.#wake?.());
    this.#running = this.#run();
  }

  get stats(): DeliveryStats {
    const { stream, nextSeq } = this.#options.spool.stats;
    let backlog = 0;
    const seen = new Set<string>();
    for (const segment of this.#options.spool.segments.toReversed()) {
      if (seen.has(segment.stream)) continue;
      seen.add(segment.stream);
      const end = segment.stream === stream ? nextSeq : (segment.end ?? segment.first);
      backlog += Math.max(0, end - this.#options.spool.acks.get(segment.stream));
    }
    return { backlog, dead: this.#dead.size, forked: [...this.#forked], failure: this.#failure };
  }

  async stop(drainMs: number): Promise<void> {
    this.#draining = true;
    this.#refusedUntil = performance.now() + MAX_REFUSED_MS;
    this.#wake?.();
    const timer = setTimeout(() => this.#stop.abort(), drainMs);
    await this.#running;
    clearTimeout(timer);
    const { backlog } = this.stats;
    if (backlog > 0)
      this.#options.logger.warn({ backlog }, 'events were not delivered; they are in the spool only');
    this.#unlisten();
    await this.#reader.close();
  }

  async #run(): Promise<void> {
    const { spool, gatherMs = GATHER_MS } = this.#options;
    while (!this.#stop.signal.aborted) {
      const ship = nextToShip(spool, this.#forked);
      if (ship === null) {
        if (this.#draining) return;
        await this.#idle();
        await this.#pause(gatherMs);
        continue;
      }
      const outcome = await this.#ship(ship.stream, ship.seq).catch(
        (error: unknown): Outcome => ({
          next: 'retry',
          why: messageOf(error),
          afterMs: null,
          refused: false,
        }),
      );
      if (outcome.next === 'retry') await this.#failed(outcome);
      else this.#worked();
      if (outcome.next === 'go on' && this.#isNearEnd(ship.stream)) await this.#pause(gatherMs);
    }
  }

  /** Whether so little is left that shipping it at once would cost every few requests a sync and a batch. */
  #isNearEnd(shipped: string): boolean {
    const { stream, nextSeq } = this.#options.spool.stats;
    // What a refusal made smaller is being looked for, and not waited with.
    if (shipped !== stream || this.#most < MAX_BATCH_RECORDS) return false;
    return nextSeq - this.#options.spool.acks.get(stream) < FEW_RECORDS;
  }

  /** Waits for an append or a stop: there was neither since it was last looked at what is to be shipped. */
  async #idle(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = null;
  }

  async #pause(ms: number): Promise<void> {
    if (this.#draining) return;
    const woken = new AbortController();
    // A stop ends the pause; an append does not.
    this.#wake = () => this.#draining && woken.abort();
    await this.#sleep(ms, woken.signal);
    this.#wake = null;
  }

  async #failed({ why, afterMs, refused }: Retry): Promise<void> {
    if (this.#failure !== why) {
      this.#options.logger.warn({ reason: why }, 'events cannot be delivered; they wait in the spool');
    }
    this.#failure = why;
    const cap = Math.min(
      this.#options.maxPauseMs ?? MAX_PAUSE_MS,
      MIN_PAUSE_MS * 2 ** Math.min(this.#failures, 20),
    );
    this.#failures += 1;
    const jittered = MIN_PAUSE_MS / 2 + this.#options.random() * cap;
    const ms = afterMs === null ? jittered : Math.max(jittered, Math.min(afterMs, MAX_RETRY_AFTER_MS));
    if (!this.#draining) return this.#pause(ms);
    if (refused && performance.now() >= this.#refusedUntil) return this.#stop.abort();
    // Draining: keep trying at a steady pace until the time is over.
    await this.#sleep(MIN_PAUSE_MS, this.#stop.signal);
  }

  #worked(): void {
    if (this.#failure !== null) this.#options.logger.info({}, 'events are delivered again');
    this.#failure = null;
    this.#failures = 0;
  }

  async #ship(stream: string, seq: number): Promise<Outcome> {
    const { spool, client } = this.#options;
    const batch = await this.#reader.read(stream, seq, this.#most);
    if (batch === null) return this.#nothingLeft(stream);
    if (batch.lostFrom !== null) this.#noteHole(stream, batch.lostFrom, batch.firstSeq - 1);
    // Never ship what a power failure could still take away: the seq would be used twice.
    await spool.sync();
    const headers: Record<string, string> = {
      'content-type': INGEST_TYPE,
      [INGEST_HEADERS.stream]: stream,
      [INGEST_HEADERS.firstSeq]: String(batch.firstSeq),
      [INGEST_HEADERS.count]: String(batch.count),
    };
    if (batch.lostFrom !== null) headers[INGEST_HEADERS.lostFrom] = String(batch.lostFrom);
    const answer = await client.send('POST', '/v1/events', batch.body, headers, this.#stop.signal);
    return this.#answered(batch, answer);
  }

  /** The stream, or the one that came after it, says what is missing from it, so that a verifier need not take it for tampering. */
  #noteHole(stream: string, from: number, to: number): void {
    const { spool } = this.#options;
    const first = spool.segments.find((segment) => segment.stream === stream)?.first ?? 0;
    const deleted = from < first;
    // Where nothing was delivered before, what is below the first segment is age, as in the spool itself.
    if (deleted && from === 0) return;
    const reason = deleted ? 'deleted' : 'corrupt';
    spool.recordHole(stream, this.#dead.has(stream, from) ? 'refused' : reason, from, to);
  }

  /** The lines between the mark and the stream's end are gone for good. */
  async #nothingLeft(stream: string): Promise<Outcome> {
    const { spool, logger } = this.#options;
    const ends = spool.segments.filter((segment) => segment.stream === stream).map((segment) => segment.end);
    const end = ends.includes(null) ? spool.stats.nextSeq : Math.max(...ends.map(Number));
    logger.error(
      { stream, from: spool.acks.get(stream), to: end },
      'events at the end of a stream are unreadable',
    );
    await spool.ack(stream, end);
    return GO_ON;
  }

  async #answered(batch: Batch, answer: ControlPlaneAnswer): Promise<Outcome> {
    const { stream, firstSeq: first } = batch;
    const { status, body } = answer;
    const error = (body?.['error'] ?? body ?? {}) as Readonly<Record<string, unknown>>;
    if (status >= 200 && status < 300) {
      const acked = body?.['acked'];
      if (!Number.isSafeInteger(acked)) return retry(answer, 'the control plane did not say what it stored');
      this.#most = Math.min(MAX_BATCH_RECORDS, this.#most * 2);
      return this.#goOnAt(stream, (acked as number) + 1);
    }
    if (status === 409) {
      const expected = error['expected'];
      if (!Number.isSafeInteger(expected)) return retry(answer, 'a conflict without the expected seq');
      return this.#conflict(batch, expected as number, answer);
    }
    if (status === 422 && error['code'] === 'fork') return this.#fork(stream, error['seq'] ?? first);
    // 401 and 403 are about the token, which may be another one at the next try, and never about a record.
    return REFUSED.has(status) ? this.#refused(batch, error) : retry(answer, String(error['code'] ?? status));
  }

  /** Goes on where the server says: behind what it got by another way, or again from before after a restore. */
  async #conflict(batch: Batch, expected: number, answer: ControlPlaneAnswer): Promise<Outcome> {
    const first = batch.firstSeq;
    if (expected === first || expected === batch.lostFrom) {
      return retry(answer, `the control plane does not go on at seq ${first} of the stream`);
    }
    return this.#goOnAt(batch.stream, expected);
  }

  async #goOnAt(stream: string, seq: number): Promise<Outcome> {
    const { spool } = this.#options;
    await spool.ack(stream, seq);
    const last = spool.segments.findLast((segment) => segment.stream === stream);
    const end = last?.end ?? spool.stats.nextSeq;
    return seq > end ? this.#fork(stream, end) : GO_ON;
  }

  /** Two histories of one stream: what it has is never overwritten, and new events go into a new stream. */
  #fork(stream: string, seq: unknown): Outcome {
    this.#forked.add(stream);
    this.#options.spool.abandon(stream);
    this.#options.logger.error(
      { stream, seq },
      'the control plane holds another history of this stream; it is not delivered any further',
    );
    return GO_ON;
  }

  /** Finds the refused record by halves, unless the answer names it, and puts it aside. */
  #refused(batch: Batch, error: Readonly<Record<string, unknown>>): Outcome {
    const { stream, firstSeq, count } = batch;
    if (count > 1) {
      const named = error['seq'];
      const before = typeof named === 'number' ? named - firstSeq : 0;
      this.#most = before > 0 && before < count ? before : Math.ceil(count / 2);
      if (named === firstSeq) this.#most = 1;
      return GO_ON;
    }
    this.#dead.add(stream, firstSeq, batch.body.subarray(0, -1));
    this.#options.logger.error(
      { stream, seq: firstSeq, code: error['code'] },
      'the control plane refused a record; it was put aside',
    );
    return GO_ON;
  }
}

function retry(answer: ControlPlaneAnswer, why: string): Retry {
  return {
    next: 'retry',
    why: `${answer.status}: ${why}`.slice(0, 200),
    afterMs: answer.retryAfter === null ? null : answer.retryAfter * 1000,
    refused: answer.status === 401 || answer.status === 403,
  };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
