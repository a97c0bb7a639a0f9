import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PREFIX_BYTES, scanLines } from './line.ts';
import { recordPosition } from './record.ts';

/** One file of a stream. `first` is the seq of its first event line. */
export interface Segment {
  stream: string;
  first: number;
  path: string;
  bytes: number;
  /** When it was begun, ms since 1970 by the clock of then. */
  begunMs: number;
  /** Seq behind its last event; null while it is the one that grows. */
  end: number | null;
  /** Store position of the stream's seq 0: positions count on over the streams of a folder. */
  base: number;
  /** Places to begin reading at, in order; null until the file was scanned for them. */
  marks: Mark[] | null;
}

/** The first event line at or behind `offset` (bytes) has this seq. */
export interface Mark {
  seq: number;
  offset: number;
}

/** Bytes between two marks, about. */
export const MARK_BYTES = 128 * 1024;

/** The record of a segment's first line: all that recovery needs of the segments before it. */
export interface SegmentHeader {
  begun_ms: number;
  base: number;
  stream: string;
  first_seq: number;
  prev_hash: string;
  /** Begin records that had no end when the segment began. */
  open: unknown[];
}

const NAME = /^([0-9A-HJKMNP-TV-Z]{26})-(\d{12})\.seg$/;
const BEGUN = /^\{"begun_ms":(\d+),"base":(\d+)/;

export function segmentPath(dir: string, stream: string, first: number): string {
  return join(dir, `${stream}-${String(first).padStart(12, '0')}.seg`);
}

/** Reads only what stands first in the header; null when it cannot be read. */
function headerStart(path: string): { begunMs: number; base: number } | null {
  const fd = openSync(path, 'r');
  try {
    const start = Buffer.alloc(PREFIX_BYTES + 64);
    const bytes = readSync(fd, start, 0, start.length, 0);
    const [, begunMs, base] = BEGUN.exec(start.toString('latin1', PREFIX_BYTES, bytes)) ?? [];
    return begunMs === undefined ? null : { begunMs: Number(begunMs), base: Number(base) };
  } finally {
    closeSync(fd);
  }
}

function endOf(segment: Segment): number {
  const data = readFileSync(segment.path);
  const last = scanLines(data).lines.findLast((line) => line.type === 'E');
  const position = last && recordPosition(data.subarray(last.start, last.end));
  return position ? position.seq + 1 : segment.first;
}

/**
 * The segments of a folder, oldest first: streams by the time they were made, then by seq. Only the last one of all
 * may still grow.
 */
export function listSegments(dir: string): Segment[] {
  const segments = readdirSync(dir)
    .sort()
    .flatMap((name): Segment[] => {
      const match = NAME.exec(name);
      if (match === null) return [];
      const path = join(dir, name);
      const { size, mtimeMs } = statSync(path);
      const { begunMs, base } = headerStart(path) ?? { begunMs: Math.floor(mtimeMs), base: -1 };
      const [stream, first] = [match[1]!, Number(match[2])];
      return [{ stream, first, path, bytes: size, begunMs, end: null, base, marks: null }];
    });
  segments.forEach((segment, index) => {
    const next = segments[index + 1];
    const previous = segments[index - 1];
    if (segment.base < 0) {
      const goesOn = previous?.stream === segment.stream;
      segment.base = previous === undefined ? 0 : goesOn ? previous.base : positionBehind(previous);
    }
    if (next !== undefined) segment.end = next.stream === segment.stream ? next.first : endOf(segment);
  });
  return segments;
}

/** The store position that a stream begun after this segment's starts at. */
export function positionBehind(segment: Segment): number {
  return segment.base + (segment.end ?? segment.first);
}
