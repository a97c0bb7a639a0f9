import { MAX_BATCH_BYTES } from '../contract/ingest.ts';
import { readForward, type StoredLine } from './reader.ts';
import type { Spool } from './spool.ts';

/** Records of one stream without a hole between them. */
export interface Batch {
  stream: string;
  lines: StoredLine[];
  /** First seq of a hole right before the batch, or null. */
  lostFrom: number | null;
}

/**
 * The next lines of a stream from `seq` on: at most `most` records and about 1 MB. A hole (lines that became
 * unreadable, or that `isDead` names) ends a batch. Null when there is nothing.
 */
export async function readBatch(
  spool: Spool,
  stream: string,
  seq: number,
  most: number,
  isDead: (stream: string, seq: number) => boolean,
): Promise<Batch | null> {
  const base = spool.segments.find((segment) => segment.stream === stream)?.base;
  if (base === undefined) return null;
  const lines: StoredLine[] = [];
  let bytes = 0;
  for await (const chunk of readForward(spool, base + seq)) {
    for (const line of chunk) {
      if (isDead(line.stream, line.seq)) continue;
      const last = lines.at(-1);
      const isNext = line.stream === stream && (last === undefined || line.seq === last.seq + 1);
      if (!isNext || lines.length === most || bytes >= MAX_BATCH_BYTES) return toBatch(stream, seq, lines);
      lines.push(line);
      bytes += line.record.length + 1;
    }
  }
  return toBatch(stream, seq, lines);
}

function toBatch(stream: string, seq: number, lines: StoredLine[]): Batch | null {
  const first = lines[0];
  if (first === undefined) return null;
  return { stream, lines, lostFrom: first.seq > seq ? seq : null };
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

const NEWLINE = Buffer.from('\n');

/** The body of a batch: the very bytes of each record and a line break. */
export function batchBody(batch: Batch): Buffer {
  return Buffer.concat(batch.lines.flatMap((line) => [line.record, NEWLINE]));
}
