import { ensureFolder } from '../contract/ensure-folder.ts';
import { GatewayError } from '../errors.ts';
import { Acks } from './acks.ts';
import { FILE_CALLS } from './append-file.ts';
import { type Gap, gapEvent, interruptedEvent, openedEvent } from './control-events.ts';
import { DiskRoom } from './disk-room.ts';
import type { BeginRecord, DecisionEvent, EventRecorder } from './event.ts';
import { fitEvent } from './fit.ts';
import { GapCounter } from './gap-counter.ts';
import { createEventIds, createUlids } from './ids.ts';
import { type FolderLock, lockFolder } from './lock.ts';
import { BeginLine, type Line, OwedLines } from './owed-lines.ts';
import { holeKey, type Recovered, recover } from './recover.ts';
import { reasonToRemove } from './retention.ts';
import type { Segment } from './segments.ts';
import {
  fillLimits,
  type OnFull,
  type SpoolLimits,
  type SpoolOptions,
  type SpoolStats,
} from './spool-options.ts';
import { StreamLog } from './stream-log.ts';
import { type Turn, TurnBatch } from './turn.ts';

export type { OnFull, SpoolLimits, SpoolOptions, SpoolStats } from './spool-options.ts';

const DAY_MS = 86_400_000;
/** A gap is written down at most this often (ms): reports of a full disk must not fill it. */
const GAP_EVERY_MS = 1000;
const PRUNE_EVERY_MS = 60_000;

/**
 * The gateway's own record of events: append-only files of checksummed lines, written once for all requests of a turn
 * of the event loop. What `begin` or `end` resolved for survives the death of the process.
 */
export class Spool implements EventRecorder {
  /** May change with the document, as may `delivered`. */
  onFull: OnFull;
  /** True where a control plane takes the events: then only what it has may be deleted. */
  delivered: boolean;
  readonly acks: Acks;
  readonly #options: SpoolOptions;
  readonly #limits: SpoolLimits;
  readonly #lock: FolderLock;
  readonly #eventId: () => string;
  readonly #newStream: () => string;
  /** Streams that the control plane will never take further: they do not hold deletion up. */
  readonly #abandoned = new Set<string>();
  #log: StreamLog;
  #stream: string;
  /** First seqs of the holes of this stream that are on record. */
  #holes: Set<string>;
  readonly #listeners = new Set<() => void>();
  readonly #gap = new GapCounter();
  /** JSON of the begin record of each request without an end. */
  readonly #open = new Map<string, string>();
  readonly #turns = new TurnBatch<Line>((lines, turn) => this.#flush(lines, turn));
  readonly #owed = new OwedLines();
  readonly #room: DiskRoom;
  #lastGapMs = 0;
  #lastPruneMs: number;
  #closed = false;

  /** @throws SpoolLockedError when another process has the folder */
  constructor(options: SpoolOptions) {
    ensureFolder(options.dir);
    this.#lock = lockFolder(options.dir);
    this.#options = options;
    const { dir, clock, calls = FILE_CALLS } = options;
    this.#room = new DiskRoom({ dir, clock, calls });
    this.onFull = options.onFull;
    this.delivered = options.delivered ?? false;
    this.#limits = fillLimits(options.limits);
    this.#eventId = createEventIds(options);
    this.#newStream = createUlids(options);
    let found: Recovered;
    try {
      this.acks = new Acks(options.dir);
      found = recover(options.dir, this.acks.all, options.logger);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
    this.#stream = found.stream ?? this.#newStream();
    this.#log = this.#openLog(found.segments, found.nextSeq, found.prevHash);
    this.#lastPruneMs = options.clock();
    if (found.stream === null) this.#owe((id, ts) => openedEvent(id, ts, found.lost));
    this.#holes = found.reported;
    for (const gap of found.gaps) {
      if (gap.from_seq !== undefined) this.#holes.add(holeKey(gap.of_stream ?? this.#stream, gap.from_seq));
      this.#owe((id, ts) => gapEvent(id, ts, gap));
    }
    for (const begin of found.open.values()) {
      this.#open.set(begin.id, JSON.stringify(begin));
      this.#oweInterrupted(begin);
    }
    this.#prune();
    this.#write([]);
    if (found.open.size > 0) {
      options.logger.warn({ interrupted: found.open.size }, 'recorded the requests that a crash interrupted');
    }
  }

  #openLog(segments: Segment[], nextSeq: number, prevHash: string): StreamLog {
    const { dir, namespace, gateway, instance, clock, calls } = this.#options;
    return new StreamLog({
      dir,
      identity: { stream: this.#stream, namespace, gateway, instance },
      segments,
      nextSeq,
      prevHash,
      segmentBytes: this.#limits.segmentBytes,
      segmentAgeMs: (this.#limits.maxAgeDays * DAY_MS) / 8,
      clock,
      calls: calls ?? FILE_CALLS,
    });
  }

  /**
   * Gives a stream up that the control plane has another history of. Its lines stay as long as any; where it is the
   * current one, a new stream begins, whose first record names it.
   */
  abandon(stream: string): void {
    this.#abandoned.add(stream);
    if (stream !== this.#stream || this.#closed) return;
    this.#turns.flush();
    const { segments, nextSeq } = this.#log;
    const last = segments.at(-1);
    if (last !== undefined) last.end = nextSeq;
    this.#log.close();
    this.#stream = this.#newStream();
    this.#log = this.#openLog(segments, 0, '');
    this.#owe((id, ts) => openedEvent(id, ts, stream));
    this.#write([]);
  }

  /** Puts a hole of a stream of this folder on record, once. */
  recordHole(stream: string, reason: Exclude<Gap['reason'], 'full'>, fromSeq: number, toSeq: number): void {
    const key = holeKey(stream, fromSeq);
    if (this.#holes.has(key)) return;
    this.#holes.add(key);
    const gap: Gap = { reason, count: toSeq - fromSeq + 1, from_seq: fromSeq, to_seq: toSeq };
    if (stream !== this.#stream) gap.of_stream = stream;
    this.#owe((id, ts) => gapEvent(id, ts, gap));
    this.#write([]);
  }

  get segments(): readonly Segment[] {
    return this.#log.segments;
  }

  get stats(): SpoolStats {
    return {
      stream: this.#stream,
      nextSeq: this.#log.nextSeq,
      head: this.#log.head,
      bytes: this.#log.bytes,
      segments: this.#log.segments.length,
      acked: this.acks.get(this.#stream),
      open: this.#open.size,
      full: this.#isFull(),
      dropped: this.#gap.total,
    };
  }

  /** Called after each append; the result takes the listener away again. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Every request is refused, since it could not be recorded. */
  get refusing(): boolean {
    return this.onFull === 'block' && this.#isFull();
  }

  /** @throws GatewayError `evidence_unavailable` */
  admit(): void {
    if (this.refusing) throw unavailable();
  }

  begin(record: BeginRecord): Promise<void> | void {
    if (this.onFull === 'drop' && this.#isFull()) return;
    return this.#turns.add(new BeginLine(record));
  }

  end(event: DecisionEvent): Promise<void> | void {
    if (this.#isFull() && !this.#open.has(event.id)) {
      this.#gap.add(event);
      this.#reportGap();
      return;
    }
    this.#reportGap();
    // A second event of a request whose first could not be written says what came of it: it takes its place.
    this.#owed.remove(event.id);
    return this.#turns.add({ type: 'E', id: event.id, json: fitEvent(event), event });
  }

  /** Notes what the control plane has, durably, and deletes segments that need not be kept. */
  async ack(stream: string, next: number): Promise<void> {
    await this.acks.set(stream, next);
    if (!this.#closed) this.#prune();
  }

  /** Resolves when everything appended so far is on the disk, also through a power failure. */
  sync(): Promise<void> {
    return this.#log.sync();
  }

  /** Writes what is pending, lets the folder go. Requests without an end are recorded at the next start. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#lastGapMs = Number.NEGATIVE_INFINITY;
    this.#reportGap();
    this.#turns.flush();
    this.#write([]);
    this.#closed = true;
    await this.#log.sync().catch(() => undefined);
    this.#log.close();
    this.#lock.release();
  }

  #isFull(): boolean {
    if (this.#log.bytes >= this.#limits.maxBytes) return true;
    if (!this.#closed && this.#room.answers()) this.#goOn();
    return this.#room.lacking;
  }

  /** The disk takes bytes again. What is owed says whether it takes the spool's too. */
  #goOn(): void {
    if (this.#write([]) !== null) return;
    this.#room.found();
    this.#options.logger.info({}, 'the spool has room again');
    this.#lastGapMs = Number.NEGATIVE_INFINITY;
    this.#reportGap();
  }

  #flush(lines: Line[], turn: Turn): void {
    if (this.#closed) {
      turn.reject(new Error('the spool is closed'));
      return;
    }
    const failure = this.#write(lines);
    if (failure === null || this.onFull === 'drop') turn.resolve();
    else turn.reject(unavailable(failure));
  }

  /** @returns why nothing was written */
  #write(lines: readonly Line[]): Error | null {
    const batch = this.#owed.before(lines);
    if (batch.length === 0) return null;
    try {
      this.#log.append(batch, () => [...this.#open.values()].map((json) => JSON.parse(json)));
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      this.#refused(lines, failure);
      return failure;
    }
    this.#owed.clear();
    for (const line of batch) {
      if (line.type === 'B') this.#open.set(line.id, line.json);
      else this.#open.delete(line.id);
    }
    const now = this.#options.clock();
    if (this.#log.bytes >= this.#limits.maxBytes || Math.abs(now - this.#lastPruneMs) >= PRUNE_EVERY_MS) {
      this.#prune();
    }
    for (const listener of this.#listeners) listener();
    return null;
  }

  /** No room: ends of begun requests are owed, everything else is counted. */
  #refused(lines: readonly Line[], error: Error): void {
    if (this.#room.refused()) {
      this.#options.logger.error({ code: codeOf(error) }, 'the spool cannot be written; treated as full');
    }
    for (const line of lines) {
      if (line.gap !== undefined) this.#gap.restore(line.gap);
      if (line.type === 'B' || line.gap !== undefined) continue;
      const begin = this.#open.get(line.id);
      // Where the answer is refused now, an event that says it was served is wrong: the request was interrupted.
      const owed =
        begin !== undefined && this.onFull === 'block' && line.event?.error === null
          ? { ...line, json: JSON.stringify(interruptedEvent(JSON.parse(begin))) }
          : line;
      if (begin === undefined && line.event !== undefined) this.#gap.add(line.event);
      else if (!this.#owed.add(owed) && line.event !== undefined) this.#gap.add(line.event);
    }
    this.#prune();
  }

  #owe(make: (id: string, ts: string) => object): void {
    const id = this.#eventId();
    const ts = new Date(this.#options.clock()).toISOString();
    this.#owed.add({ type: 'E', id, json: JSON.stringify(make(id, ts)) });
  }

  #oweInterrupted(begin: BeginRecord): void {
    this.#owed.add({ type: 'E', id: begin.id, json: JSON.stringify(interruptedEvent(begin)) });
  }

  /** Writes down what was dropped: at once when there is room again, else once a second, past the cap if need be. */
  #reportGap(): void {
    if (!this.#gap.pending) return;
    const now = this.#options.clock();
    if (Math.abs(now - this.#lastGapMs) < GAP_EVERY_MS) return;
    this.#lastGapMs = now;
    const gap = this.#gap.take()!;
    const id = this.#eventId();
    const json = JSON.stringify(gapEvent(id, new Date(now).toISOString(), gap));
    // One that finds no room is counted again, with what comes until the next try.
    this.#turns.add({ type: 'E', id, json, gap })?.catch(() => undefined);
  }

  readonly #ackedOf = (stream: string): number =>
    this.#abandoned.has(stream) ? Number.POSITIVE_INFINITY : this.acks.get(stream);

  #prune(): void {
    const nowMs = this.#options.clock();
    this.#lastPruneMs = nowMs;
    const rule = {
      maxBytes: this.#limits.maxBytes - this.#limits.segmentBytes,
      maxAgeMs: this.#limits.maxAgeDays * DAY_MS,
      nowMs,
      acked: this.delivered ? this.#ackedOf : null,
    };
    try {
      for (;;) {
        const reason = reasonToRemove(this.#log.segments, this.#log.bytes, rule);
        if (reason === null || !this.#log.removeOldest()) return;
        this.#room.freed();
        // A clock that jumps ahead must not empty the spool at once: one segment a minute goes for its age.
        if (reason === 'age') return;
      }
    } catch (error) {
      this.#options.logger.error({ code: codeOf(error) }, 'an old segment of the spool cannot be deleted');
    }
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

function unavailable(cause?: Error): GatewayError {
  return new GatewayError(
    'evidence_unavailable',
    'The gateway cannot record this request: its event spool is full. Try again later.',
    cause === undefined ? {} : { cause },
  );
}

/** Opens the spool of a folder: recovers it, and goes on with its stream. @throws SpoolLockedError */
export function openSpool(options: SpoolOptions): Spool {
  return new Spool(options);
}
