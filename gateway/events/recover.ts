import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { hashText, leafHash } from '../contract/evidence.ts';
import type { Gap } from './control-events.ts';
import type { BeginRecord } from './event.ts';
import { type BadRange, isCut, type ScannedLine, scanLines } from './line.ts';
import type { Log } from './log.ts';
import { recordPosition } from './record.ts';
import { listSegments, type Segment, type SegmentHeader } from './segments.ts';

/** Where a stream goes on, and what the process before left undone. */
export interface Recovered {
  segments: Segment[];
  /** Null: a new stream has to begin. */
  stream: string | null;
  /** The stream that cannot go on. */
  lost: string | null;
  nextSeq: number;
  prevHash: string;
  /** Begin records without an end, by event id. */
  open: Map<string, BeginRecord>;
  gaps: Gap[];
  /** The holes that are on record already; see `holeKey`. */
  reported: Set<string>;
}

/** Names the hole of a stream that begins at this seq. */
export function holeKey(stream: string, fromSeq: number): string {
  return `${stream} ${fromSeq}`;
}

/** True when the bytes at the end are the start of a line that was being written: nothing was promised of it. */
function isTorn(data: Buffer, range: BadRange): boolean {
  if (range.to !== data.length || data.subarray(range.from, range.to).includes(10)) return false;
  return isCut(data, range.from, range.to);
}

const lineBreaks = (data: Buffer, range: BadRange): number =>
  Math.max(
    1,
    data.subarray(range.from, range.to).reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0),
  );

function parse<T>(data: Buffer, line: ScannedLine): T {
  return JSON.parse(data.toString('utf8', line.start, line.end)) as T;
}

/** Reads one segment, cuts a torn tail off its file, and copies unreadable ranges beside it. */
function readSegment(segment: Segment, log: Log): Omit<Recovered, 'segments' | 'lost'> | 'empty' {
  const data = readFileSync(segment.path);
  const { lines, bad, validEnd } = scanLines(data);
  const corrupt = bad.filter((range) => !isTorn(data, range));
  for (const range of corrupt) {
    writeFileSync(`${segment.path}.${range.from}.corrupt`, data.subarray(range.from, range.to), {
      mode: 0o600,
    });
    log.error(
      { segment: segment.path, from: range.from, bytes: range.to - range.from },
      'unreadable bytes in the spool were copied beside it; the stream goes on with a counted gap',
    );
  }
  if (lines.length === 0 && corrupt.length === 0) return 'empty';
  if (validEnd < data.length && lines.length > 0) {
    truncateSync(segment.path, validEnd);
    segment.bytes = validEnd;
  }

  let expected = segment.first;
  let prevHash = '';
  const open = new Map<string, BeginRecord>();
  const gaps: Gap[] = [];
  const reported = new Set<string>();
  for (const line of lines) {
    if (line.type === 'H') {
      const header = parse<SegmentHeader>(data, line);
      prevHash = header.prev_hash;
      for (const begin of header.open as BeginRecord[]) open.set(begin.id, begin);
    } else if (line.type === 'B') {
      const begin = parse<BeginRecord>(data, line);
      open.set(begin.id, begin);
    } else {
      const record = data.subarray(line.start, line.end);
      const seq = recordPosition(record)?.seq ?? expected;
      if (seq > expected) {
        gaps.push({ reason: 'corrupt', count: seq - expected, from_seq: expected, to_seq: seq - 1 });
      }
      expected = seq + 1;
      prevHash = hashText(leafHash(record));
      const event = parse<{ id: string; kind: string; from_seq?: number; of_stream?: string }>(data, line);
      open.delete(event.id);
      if (event.kind === 'stream.gap' && event.from_seq !== undefined) {
        reported.add(holeKey(event.of_stream ?? segment.stream, event.from_seq));
      }
    }
  }
  const tail = corrupt.find((range) => range.to === data.length);
  // Lines cut from the end take their numbers with them: the next event has the first of these.
  if (tail !== undefined) gaps.push({ reason: 'corrupt', count: lineBreaks(data, tail) });
  return {
    stream: lines.length === 0 || (prevHash === '' && expected > 0) ? null : segment.stream,
    nextSeq: expected,
    prevHash,
    open,
    gaps: gaps.filter(
      (gap) => gap.from_seq === undefined || !reported.has(holeKey(segment.stream, gap.from_seq)),
    ),
    reported,
  };
}

const fresh = (): Pick<Recovered, 'stream' | 'nextSeq' | 'prevHash' | 'reported'> => ({
  stream: null,
  nextSeq: 0,
  prevHash: '',
  reported: new Set(),
});

/**
 * Finds out where the stream of a folder goes on. Only the last segment is read: its header carries what earlier ones
 * left open. A stream cannot go on when its end is unreadable, or when the control plane already has later events of
 * it (`acked`, the next seq it expects by stream): seqs would be used twice.
 */
export function recover(dir: string, acked: ReadonlyMap<string, number>, log: Log): Recovered {
  const segments = listSegments(dir);
  for (let last = segments.at(-1); last !== undefined; last = segments.at(-1)) {
    const found = readSegment(last, log);
    if (found === 'empty') {
      // The process died while it began this segment; the one before is still the last.
      rmSync(last.path);
      segments.pop();
      const previous = segments.at(-1);
      if (previous !== undefined) previous.end = null;
      continue;
    }
    const isLost = found.stream === null || found.nextSeq < (acked.get(last.stream) ?? 0);
    if (isLost) last.end = found.nextSeq;
    const { stream } = last;
    // The records of these holes stand in the stream that comes after.
    const gaps = found.gaps.map((gap) => ({ ...gap, of_stream: stream }));
    return isLost
      ? { segments, ...fresh(), lost: stream, open: found.open, gaps }
      : { segments, lost: null, ...found };
  }
  return { segments, ...fresh(), lost: null, open: new Map(), gaps: [] };
}
