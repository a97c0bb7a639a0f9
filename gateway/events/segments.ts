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
}

/** The record of a segment's first line: all that recovery needs of the segments before it. */
export interface SegmentHeader {
  begun_ms: number;
  stream: string;
  first_seq: number;
  prev_hash: string;
  /** Begin records that had no end when the segment began. */
  open: unknown[];
}

const NAME = /^([0-9A-HJKMNP-TV-Z]{26})-(\d{12})\.seg$/;
const BEGUN = /^\{"begun_ms":(\d+)/;

export function segmentPath(dir: string, stream: string, first: number): string {
  return join(dir, `${stream}-${String(first).padStart(12, '0')}.seg`);
}

/** Reads only the time of the header: it stands first. */
function begunMs(path: string, fallback: number): number {
  const fd = openSync(path, 'r');
  try {
    const start = Buffer.alloc(PREFIX_BYTES + 40);
    const bytes = readSync(fd, start, 0, start.length, 0);
    return Number(BEGUN.exec(start.toString('latin1', PREFIX_BYTES, bytes))?.[1] ?? fallback);
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
      return [
        {
          stream: match[1]!,
          first: Number(match[2]),
          path,
          bytes: size,
          begunMs: begunMs(path, Math.floor(mtimeMs)),
          end: null,
        },
      ];
    });
  segments.forEach((segment, index) => {
    const next = segments[index + 1];
    if (next !== undefined) segment.end = next.stream === segment.stream ? next.first : endOf(segment);
  });
  return segments;
}
