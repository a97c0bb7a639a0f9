import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { scanLines } from './line.ts';
import { recordPosition } from './record.ts';
import { MARK_BYTES, type Mark, type Segment } from './segments.ts';

/** One event line of a spool. */
export interface StoredLine {
  stream: string;
  seq: number;
  /** Store position: grows over all streams of the folder. */
  position: number;
  /** The record's very bytes. */
  record: Buffer;
}

/** Reads `[from..to)` of a file that may be deleted at any time; null when it was. */
async function readRange(path: string, from: number, to: number): Promise<Buffer | null> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  try {
    const buffer = Buffer.allocUnsafe(to - from);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function eventLines(segment: Segment, data: Buffer): StoredLine[] {
  return scanLines(data).lines.flatMap((line) => {
    if (line.type !== 'E') return [];
    const record = data.subarray(line.start, line.end);
    const position = recordPosition(record);
    if (position === null) return [];
    return [{ ...position, position: segment.base + position.seq, record }];
  });
}

/** Finds places to begin reading at in a segment that an earlier process wrote. */
async function findMarks(segment: Segment): Promise<Mark[]> {
  const marks: Mark[] = [{ seq: segment.first, offset: 0 }];
  // Blocks overlap nothing: each begins where the last readable line of the one before ended.
  let offset = 0;
  let seq = segment.first;
  const until = segment.bytes;
  while (offset < until) {
    const data = await readRange(segment.path, offset, Math.min(until, offset + 2 * MARK_BYTES));
    if (data === null || data.length === 0) break;
    const { lines, validEnd } = scanLines(data);
    const events = eventLines(segment, data);
    if (events.length > 0) seq = events.at(-1)!.seq + 1;
    // A block without any line is a hole, or one long header: go on behind it.
    offset += lines.length === 0 ? data.length : validEnd;
    if (offset < until) marks.push({ seq, offset });
    await nextTurn();
  }
  return marks;
}

/** Places to begin reading at, in order; the first is the file's start. */
export async function marksOf(segment: Segment): Promise<readonly Mark[]> {
  if (segment.marks === null) {
    const marks = await findMarks(segment);
    segment.marks ??= marks;
  }
  return segment.marks;
}

/** The chunks of a segment, each about `MARK_BYTES` long. Reading them one by one keeps the event loop free. */
async function chunksOf(segment: Segment): Promise<{ from: number; to: number; seq: number }[]> {
  const marks = await marksOf(segment);
  const end = segment.bytes;
  return marks.map((mark, index) => ({
    from: mark.offset,
    to: marks[index + 1]?.offset ?? end,
    seq: mark.seq,
  }));
}

/** What a reader needs of a spool. */
export interface ReadableSpool {
  /** Oldest first. */
  readonly segments: readonly Segment[];
}

/** Event lines by chunk, from store position `from` on (inclusive), oldest first. */
export async function* readForward(spool: ReadableSpool, from: number): AsyncGenerator<StoredLine[]> {
  for (const segment of [...spool.segments]) {
    if (segment.end !== null && segment.base + segment.end <= from) continue;
    const chunks = await chunksOf(segment);
    for (const [index, chunk] of chunks.entries()) {
      const next = chunks[index + 1];
      if (next !== undefined && segment.base + next.seq <= from) continue;
      const data = await readRange(segment.path, chunk.from, chunk.to);
      if (data === null) break;
      const lines = eventLines(segment, data).filter((line) => line.position >= from);
      if (lines.length > 0) yield lines;
    }
  }
}

/** Event lines by chunk, below store position `before`; the chunks and the lines in each come newest first. */
export async function* readBackward(
  spool: ReadableSpool,
  before: number,
  wanted: (segment: Segment, next: Segment | undefined) => boolean = () => true,
): AsyncGenerator<StoredLine[]> {
  const segments = [...spool.segments];
  for (let at = segments.length - 1; at >= 0; at -= 1) {
    const segment = segments[at]!;
    if (segment.base + segment.first >= before || !wanted(segment, segments[at + 1])) continue;
    for (const chunk of (await chunksOf(segment)).reverse()) {
      if (segment.base + chunk.seq >= before) continue;
      const data = await readRange(segment.path, chunk.from, chunk.to);
      if (data === null) break;
      const lines = eventLines(segment, data).filter((line) => line.position < before);
      if (lines.length > 0) yield lines.reverse();
    }
  }
}
