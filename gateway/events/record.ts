import { EVENT_SCHEMA } from './event.ts';

/** What stands in front of every record of one spool and one process. */
export interface RecordIdentity {
  stream: string;
  namespace: string;
  gateway: string;
  instance: string;
}

const BEFORE_STREAM = `{"schema":${EVENT_SCHEMA},"stream":"`;
const BEFORE_SEQ = '","seq":';
const BEFORE_HASH = ',"prev_hash":"';
const ULID_LENGTH = 26;

/**
 * Makes the function that makes the beginning of a record, which takes the place of the brace in front of an event's
 * JSON. Position and link come first, at fixed places, so that readers find them without parsing.
 */
export function recordHeads(identity: RecordIdentity): (seq: number, prev: string) => string {
  const head = `${BEFORE_STREAM}${identity.stream}${BEFORE_SEQ}`;
  const rest = JSON.stringify({
    namespace: identity.namespace,
    gateway: identity.gateway,
    instance: identity.instance,
  });
  const tail = `","${rest.slice(2, -1)},`;
  return (seq, prev) => head + seq + BEFORE_HASH + prev + tail;
}

export interface RecordPosition {
  stream: string;
  seq: number;
}

/** Position of a record that this code wrote, from its first bytes at `at`; null for anything else. */
export function recordPosition(record: Buffer, at = 0): RecordPosition | null {
  const seqAt = BEFORE_STREAM.length + ULID_LENGTH + BEFORE_SEQ.length;
  const head = record.toString('latin1', at, at + seqAt + 17);
  if (!head.startsWith(BEFORE_STREAM) || !head.startsWith(BEFORE_SEQ, seqAt - BEFORE_SEQ.length)) return null;
  const end = head.indexOf(',', seqAt);
  const seq = end < 0 ? Number.NaN : Number(head.slice(seqAt, end));
  if (!Number.isSafeInteger(seq)) return null;
  return { stream: head.slice(BEFORE_STREAM.length, BEFORE_STREAM.length + ULID_LENGTH), seq };
}
