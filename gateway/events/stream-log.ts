import { hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { AppendFile, type FileCalls } from './append-file.ts';
import { lineBound, PREFIX_BYTES, writeLine } from './line.ts';
import { type RecordIdentity, recordHeads } from './record.ts';
import { syncFolder } from './replace-file.ts';
import { MARK_BYTES, positionBehind, type Segment, type SegmentHeader, segmentPath } from './segments.ts';

export interface StreamLogOptions {
  dir: string;
  identity: RecordIdentity;
  /** Oldest first; those of this stream last. The list is kept up to date in place. */
  segments: Segment[];
  nextSeq: number;
  prevHash: string;
  segmentBytes: number;
  /** A segment that grows for longer than this (ms) is closed, so that old events can be deleted. */
  segmentAgeMs: number;
  clock(): number;
  calls: FileCalls;
}

/** What is appended: the JSON of a begin record, or of an event without its identity. */
export interface LogLine {
  type: 'B' | 'E';
  json: string;
}

const FIRST_BUFFER_BYTES = 256 * 1024;

/** The segment files of one stream: gives each event its seq and link, and appends whole batches or nothing. */
export class StreamLog {
  readonly segments: Segment[];
  readonly #options: StreamLogOptions;
  readonly #headOf: (seq: number, prev: string) => string;
  #seq: number;
  #prev: string;
  #file: AppendFile | null = null;
  #buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  #bytes: number;
  readonly #base: number;
  /** The finished segments on their way to the disk; gives the failure of one. */
  #settling: Promise<Error | null> = Promise.resolve(null);

  constructor(options: StreamLogOptions) {
    this.#options = options;
    this.segments = options.segments;
    this.#headOf = recordHeads(options.identity);
    this.#seq = options.nextSeq;
    this.#prev = options.prevHash;
    this.#bytes = options.segments.reduce((sum, segment) => sum + segment.bytes, 0);
    const last = this.segments.at(-1);
    const goesOn = last !== undefined && last.stream === options.identity.stream;
    this.#base = last === undefined ? 0 : goesOn ? last.base : positionBehind(last);
    if (goesOn) {
      this.#file = new AppendFile(last.path, last.bytes, options.calls);
    }
  }

  get nextSeq(): number {
    return this.#seq;
  }

  /** Leaf hash of the last event. */
  get head(): string {
    return this.#prev;
  }

  /** Bytes of all segments, those of older streams too. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Appends a batch with one write. `open` gives the begin records that a new segment has to carry on.
   * @throws the system's error; nothing of the batch was written then, and no seq was used
   */
  append(lines: readonly LogLine[], open: () => unknown[]): void {
    const file = this.#current(open);
    let seq = this.#seq;
    let prev = this.#prev;
    let at = 0;
    for (const line of lines) {
      const { json } = line;
      const head = line.type === 'E' ? this.#headOf(seq, prev) : '';
      this.#reserve(at, lineBound(head) + lineBound(json));
      const start = at + PREFIX_BYTES;
      at = writeLine(this.#buffer, at, line.type, head, line.type === 'E' ? json.slice(1) : json);
      if (line.type === 'E') {
        prev = `sha256:${this.#leaf(start, at - 1)}`;
        seq += 1;
      }
    }
    file.append(this.#buffer, at);
    this.#mark();
    this.#seq = seq;
    this.#prev = prev;
    this.#grown(at);
  }

  /** The leaf hash wants a zero in front of the record: it takes the place of the space there while it is hashed. */
  #leaf(start: number, end: number): string {
    const before = this.#buffer[start - 1]!;
    this.#buffer[start - 1] = 0;
    const leaf = hash('sha256', this.#buffer.subarray(start - 1, end), 'hex');
    this.#buffer[start - 1] = before;
    return leaf;
  }

  #reserve(at: number, bytes: number): void {
    if (at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, at + bytes));
    this.#buffer.copy(larger, 0, 0, at);
    this.#buffer = larger;
  }

  /** Notes where this batch begins, if the last note is far enough away. */
  #mark(): void {
    const { marks, bytes } = this.segments.at(-1)!;
    if (marks !== null && bytes - (marks.at(-1)?.offset ?? 0) >= MARK_BYTES) {
      marks.push({ seq: this.#seq, offset: bytes });
    }
  }

  #grown(bytes: number): void {
    this.segments.at(-1)!.bytes += bytes;
    this.#bytes += bytes;
  }

  #current(open: () => unknown[]): AppendFile {
    const { segmentBytes, segmentAgeMs, clock } = this.#options;
    const last = this.segments.at(-1);
    if (
      this.#file !== null &&
      last !== undefined &&
      (last.first === this.#seq || (last.bytes < segmentBytes && clock() - last.begunMs < segmentAgeMs))
    ) {
      return this.#file;
    }
    return this.#begin(open());
  }

  /** Begins a segment: its header carries the link to the one before and every request without an end. */
  #begin(open: unknown[]): AppendFile {
    const { dir, identity, clock, calls } = this.#options;
    const begunMs = Math.floor(clock());
    const path = segmentPath(dir, identity.stream, this.#seq);
    const header: SegmentHeader = {
      begun_ms: begunMs,
      base: this.#base,
      stream: identity.stream,
      first_seq: this.#seq,
      prev_hash: this.#prev,
      open,
    };
    const json = JSON.stringify(header);
    const line = Buffer.allocUnsafe(lineBound(json));
    const file = new AppendFile(path, 0, calls);
    try {
      file.append(line, writeLine(line, 0, 'H', json));
    } catch (error) {
      file.close();
      rmSync(path, { force: true });
      throw error;
    }
    this.#settling = this.#settle(this.#file, this.#settling);
    const last = this.segments.at(-1);
    if (last !== undefined) last.end ??= this.#seq;
    this.segments.push({
      stream: identity.stream,
      first: this.#seq,
      path,
      bytes: 0,
      begunMs,
      end: null,
      base: this.#base,
      marks: [{ seq: this.#seq, offset: 0 }],
    });
    this.#file = file;
    this.#grown(file.size);
    return file;
  }

  /** Puts a finished segment, and the name of the next one, on the disk. Never rejects: `sync` tells of a failure. */
  async #settle(before: AppendFile | null, earlier: Promise<Error | null>): Promise<Error | null> {
    const failures = await Promise.allSettled([before?.sync(), syncFolder(this.#options.dir)]);
    before?.close();
    const failed = failures.find((one) => one.status === 'rejected');
    return failed === undefined
      ? earlier
      : new Error('a finished segment is not on the disk', { cause: failed.reason });
  }

  /** Deletes the oldest segment, never the one that grows. @returns false when there is none to delete */
  removeOldest(): boolean {
    if (this.segments.length < 2) return false;
    const oldest = this.segments[0]!;
    rmSync(oldest.path, { force: true });
    this.segments.shift();
    this.#bytes -= oldest.bytes;
    return true;
  }

  /** Resolves when all that was appended so far is on the disk. @throws the system's error */
  async sync(): Promise<void> {
    await this.#file?.sync();
    const failure = await this.#settling;
    if (failure !== null) throw failure;
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }
}
