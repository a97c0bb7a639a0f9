import { hashText, leafHash } from '../../gateway/contract/evidence.ts';
import { readColumns } from './columns.ts';
import type { AppendResult, EventBatch, EventColumns } from './store.ts';

/** What is known of a stream, under its lock. */
export interface KnownStream {
  namespace: string;
  gateway: string;
  /** Next seq. */
  next: number;
  /** Leaf hash of the last record; empty before the first. */
  head: string;
}

/** Where a batch stands against what is stored. */
export interface Place {
  /** How many of its first records are stored already, and must be the very same. */
  repeated: number;
  /** Seq of the first new record. */
  from: number;
  /** It goes on behind records that the gateway has lost. */
  hole: boolean;
}

/** The place of a batch, or why it has none. `known` is null for a new stream. */
export function placeOf(batch: EventBatch, known: KnownStream | null): Place | AppendResult {
  if (known !== null && (known.namespace !== batch.namespace || known.gateway !== batch.gateway)) {
    return { result: 'foreign', seq: batch.firstSeq, message: 'the stream belongs to another gateway' };
  }
  const next = known?.next ?? 0;
  const hole = batch.firstSeq > next;
  if (hole && batch.lostFrom !== next) return { result: 'gap', expected: next };
  if (hole) return { repeated: 0, from: batch.firstSeq, hole };
  return { repeated: Math.min(next - batch.firstSeq, batch.records.length), from: next, hole };
}

export interface NewRecord {
  seq: number;
  columns: EventColumns;
  record: Uint8Array;
}

export interface NewRecords {
  records: NewRecord[];
  /** Leaf hash of the last one. */
  head: string;
}

/** Reads the new records of a batch and follows their chain, or says which one is not what its place says. */
export function readNewRecords(
  batch: EventBatch,
  place: Place,
  known: KnownStream | null,
): NewRecords | AppendResult {
  let head = known?.head ?? '';
  const records: NewRecord[] = [];
  for (const record of batch.records.slice(place.repeated)) {
    const seq = place.from + records.length;
    const parsed = parse(record);
    if (parsed === null) return { result: 'refused', seq, message: 'it is no JSON object' };
    // Behind a hole the link leads to a record that nobody has; verification shows the hole.
    if (place.hole && seq === place.from) head = String(parsed['prev_hash']);
    if (isForeign(parsed, batch))
      return { result: 'foreign', seq, message: 'it names another gateway or instance' };
    const message = misplacement(parsed, batch, seq, head);
    if (message !== null) return { result: 'refused', seq, message };
    records.push({ seq, columns: readColumns(parsed), record });
    head = hashText(leafHash(record));
  }
  return { records, head };
}

/** Null where it is no object. What the parser says would quote the record. */
function parse(record: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(record).toString());
    return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** What is wrong with the place that a record claims, or null. */
function misplacement(
  record: Record<string, unknown>,
  batch: EventBatch,
  seq: number,
  head: string,
): string | null {
  if (record['stream'] !== batch.stream)
    return `stream is ${String(record['stream'])}, expected ${batch.stream}`;
  if (record['seq'] !== seq) return `seq is ${String(record['seq'])}, expected ${seq}`;
  if (record['prev_hash'] !== head) return 'prev_hash is not the hash of the record before';
  return null;
}

function isForeign(record: Record<string, unknown>, { namespace, gateway, instance }: EventBatch): boolean {
  if (record['namespace'] !== namespace || record['gateway'] !== gateway) return true;
  return instance !== undefined && record['instance'] !== instance;
}
