import { type FileHandle, open } from 'node:fs/promises';
import { MAX_BATCH_BYTES } from '../contract/ingest.ts';
import { isCut, readLine, type ScannedLine } from './line.ts';
import { marksOf } from './reader.ts';
import { recordPosition } from './record.ts';
import type { Segment } from './segments.ts';
import type { Spool } from './spool.ts';

/** Records of one stream without a hole between them. */
export interface Batch {
  stream: string;
  firstSeq: number;
  count: number;
  /** First seq of a hole right before the batch, or null. */
  lostFrom: number | null;
  /** The very bytes of each record and a line break. Valid until the next batch is read. */
  body: Buffer;
}

const CHUNK_BYTES = 256 * 1024;
/** Room for the record that passes the limit. */
const SPARE_BYTES = 70_000;
const NEWLINE = 10;

/** Where the last batch ended. */
interface Place {
  path: string;
  seq: number;
  offset: number;
}

/** A batch that is being read. */
interface Filling {
  stream: string;
  /** Seq that is asked for. */
  seq: number;
  most: number;
  firstSeq: number;
  count: number;
  /** Bytes of the body so far. */
  used: number;
}

/**
 * Reads what is to be shipped. Keeps its place, its file and its memory from batch to batch, since shipping must cost
 * the request path little: buffers made anew for each batch had the collector busy for a third of the time.
 */
export class BatchReader {
  readonly #spool: Spool;
  readonly #isDead: (stream: string, seq: number) => boolean;
  readonly #body = Buffer.allocUnsafeSlow(MAX_BATCH_BYTES + SPARE_BYTES);
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #file: { path: string; handle: FileHandle } | null = null;
  #place: Place | null = null;

  /** Records that `isDead` names are left out, as are those that became unreadable: they make holes. */
  constructor(spool: Spool, isDead: (stream: string, seq: number) => boolean) {
    this.#spool = spool;
    this.#isDead = isDead;
  }

  /**
   * The next records of a stream from `seq` on: at most `most` and about 1 MB. A hole ends a batch. Null when there is
   * nothing.
   */
  async read(stream: string, seq: number, most: number): Promise<Batch | null> {
    const filling: Filling = { stream, seq, most, firstSeq: -1, count: 0, used: 0 };
    for (const segment of [...this.#spool.segments]) {
      if (segment.stream !== stream || (segment.end !== null && segment.end <= seq)) continue;
      const handle = await this.#open(segment.path);
      if (handle === null) continue;
      const { offset, full } = await this.#readSegment(segment, handle, filling);
      this.#place = { path: segment.path, seq: filling.firstSeq + filling.count, offset };
      if (full) break;
    }
    const { firstSeq, count, used } = filling;
    if (count === 0) return null;
    return {
      stream,
      firstSeq,
      count,
      lostFrom: firstSeq > seq ? seq : null,
      body: this.#body.subarray(0, used),
    };
  }

  /** Reads on chunk by chunk, up to the end of the segment or of the batch. */
  async #readSegment(
    segment: Segment,
    handle: FileHandle,
    filling: Filling,
  ): Promise<{ offset: number; full: boolean }> {
    let offset = await this.#start(segment, filling.seq);
    while (offset < segment.bytes) {
      const wanted = Math.min(this.#chunk.length, segment.bytes - offset);
      const { bytesRead } = await handle.read(this.#chunk, 0, wanted, offset);
      const isLast = bytesRead < wanted || offset + bytesRead >= segment.bytes;
      const { at, full } = this.#takeLines(bytesRead, isLast, filling);
      offset += at;
      if (full || isLast) return { offset, full };
      // One line that is longer than the chunk: only a header can be.
      if (at === 0) this.#chunk = Buffer.allocUnsafeSlow(this.#chunk.length * 2);
    }
    return { offset, full: false };
  }

  /** Takes the event lines of the chunk; `at` is where the first line begins that was not looked at. */
  #takeLines(until: number, isLast: boolean, filling: Filling): { at: number; full: boolean } {
    let at = 0;
    while (at < until) {
      const line = readLine(this.#chunk, at, until);
      if (line !== null) {
        if (line.type === 'E' && !this.#take(line, filling)) return { at, full: true };
        at = line.end + 1;
        continue;
      }
      if (!isLast && isCut(this.#chunk, at, until)) break;
      const next = this.#chunk.indexOf(NEWLINE, at);
      at = next < 0 || next >= until ? until : next + 1;
    }
    return { at, full: false };
  }

  /** @returns false when the record belongs to the next batch */
  #take(line: ScannedLine, filling: Filling): boolean {
    const seq = recordPosition(this.#chunk, line.start)?.seq ?? -1;
    if (seq < filling.seq || this.#isDead(filling.stream, seq)) return true;
    const isNext = filling.count === 0 || seq === filling.firstSeq + filling.count;
    if (!isNext || filling.count === filling.most || filling.used >= MAX_BATCH_BYTES) return false;
    if (filling.count === 0) filling.firstSeq = seq;
    filling.count += 1;
    filling.used += this.#chunk.copy(this.#body, filling.used, line.start, line.end + 1);
    return true;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.handle.close();
  }

  /** Null when the segment was deleted. */
  async #open(path: string): Promise<FileHandle | null> {
    if (this.#file?.path === path) return this.#file.handle;
    await this.close();
    try {
      const handle = await open(path, 'r');
      this.#file = { path, handle };
      return handle;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
      throw error;
    }
  }

  /** Offset to begin at: where the last batch ended, else the nearest mark before. */
  async #start(segment: Segment, seq: number): Promise<number> {
    if (this.#place?.path === segment.path && this.#place.seq === seq) return this.#place.offset;
    const marks = await marksOf(segment);
    return marks.findLast((mark) => mark.seq <= seq)?.offset ?? 0;
  }
}

/** The first stream that the control plane does not have whole, with the seq to go on from; null when it has all. */
export function nextToShip(
  spool: Spool,
  skipped: ReadonlySet<string>,
): { stream: string; seq: number } | null {
  const current = spool.stats;
  for (const segment of spool.segments) {
    if (skipped.has(segment.stream)) continue;
    const seq = spool.acks.get(segment.stream);
    const end = segment.end ?? (segment.stream === current.stream ? current.nextSeq : segment.first);
    if (seq < end) return { stream: segment.stream, seq };
  }
  return null;
}
