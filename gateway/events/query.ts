import {
  type EventFilter,
  type EventQuery,
  eventListBody,
  matchesFilter,
  parseEventQuery,
} from '../contract/event-query.ts';
import { type ReadableSpool, readBackward, readForward, type StoredLine } from './reader.ts';
import type { Segment } from './segments.ts';

/** Bytes of a record that surely hold its identity, kind and time. */
const HEAD_BYTES = 1200;
/** A request is at most so much older than its event line (ms). */
const LONGEST_REQUEST_MS = 3_600_000;

interface Head {
  kind: string;
  ts: number;
}

/**
 * Kind and time from the first bytes: no JSON is parsed for what a query leaves out anyway,
 * unless the keys come in another order.
 */
function readHead(record: Buffer): Head {
  const head = record.toString('latin1', 0, Math.min(record.length, HEAD_BYTES));
  const kind = /","kind":"([a-z._]+)","ts":"([^"]+)"/.exec(head);
  if (kind !== null) return { kind: kind[1]!, ts: Date.parse(kind[2]!) };
  const { kind: parsedKind, ts } = JSON.parse(record.toString('utf8'));
  return { kind: String(parsedKind), ts: Date.parse(String(ts)) };
}

const TEXTS = ['provider', 'model', 'team', 'namespace', 'gateway', 'policy', 'request_id'] as const;

/** Makes the test of a filter. Records that a spool writes for itself (`stream.…`) are never listed. */
function recordFilter(filter: EventFilter): (record: Buffer) => boolean {
  const needles = TEXTS.flatMap((name) =>
    filter[name] === undefined ? [] : [`"${name}":${JSON.stringify(filter[name])}`],
  );
  if (filter.decision?.length === 1) needles.push(`"verdict":"${filter.decision[0]}"`);
  const parses = needles.length > 0 || filter.decision !== undefined;
  return (record) => {
    const head = readHead(record);
    if (head.kind.startsWith('stream.')) return false;
    if (filter.since !== undefined && head.ts < filter.since) return false;
    if (filter.until !== undefined && head.ts >= filter.until) return false;
    if (!parses) return true;
    // The text must stand there somewhere; only then is it worth parsing.
    if (!needles.every((needle) => record.includes(needle))) return false;
    const event = JSON.parse(record.toString('utf8'));
    return matchesFilter({ ...event, ts: head.ts, verdict: event.verdict ?? 'none' }, filter);
  };
}

/** Leaves out segments that cannot hold an event of the time asked for. */
function segmentFilter(filter: EventFilter): (segment: Segment, next: Segment | undefined) => boolean {
  return (segment, next) =>
    (filter.since === undefined || next === undefined || next.begunMs >= filter.since) &&
    (filter.until === undefined || segment.begunMs - LONGEST_REQUEST_MS < filter.until);
}

export interface EventsPage {
  records: string[];
  /** Store position to go on from; null at the end, never for followers. */
  next: number | null;
}

/** One page of events, from the spool's files. */
async function listEvents(spool: ReadableSpool, query: Omit<EventQuery, 'count'>): Promise<EventsPage> {
  const matches = recordFilter(query.filter);
  const newest = query.order === 'newest';
  const chunks = newest
    ? readBackward(spool, query.position ?? Number.POSITIVE_INFINITY, segmentFilter(query.filter))
    : readForward(spool, query.position === null ? 0 : query.position + 1);
  const records: string[] = [];
  let last: StoredLine | null = null;
  let seen = query.position ?? 0;
  for await (const lines of chunks) {
    for (const line of lines) {
      if (matches(line.record)) {
        // One more than asked for says that there is a next page.
        if (newest && records.length === query.limit) return { records, next: last!.position };
        records.push(line.record.toString('utf8'));
        last = line;
      }
      seen = line.position;
      if (!newest && records.length === query.limit) return { records, next: seen };
    }
  }
  return { records, next: newest ? null : seen };
}

/** How many events there are. */
async function countEvents(spool: ReadableSpool, filter: EventFilter): Promise<number> {
  const matches = recordFilter(filter);
  let count = 0;
  for await (const lines of readBackward(spool, Number.POSITIVE_INFINITY, segmentFilter(filter))) {
    for (const line of lines) if (matches(line.record)) count += 1;
  }
  return count;
}

/** The record with this id, or null. */
export async function findEvent(spool: ReadableSpool, id: string): Promise<string | null> {
  const needle = `"id":${JSON.stringify(id)}`;
  for await (const lines of readBackward(spool, Number.POSITIVE_INFINITY)) {
    for (const line of lines) {
      if (!line.record.includes(needle)) continue;
      const text = line.record.toString('utf8');
      if (JSON.parse(text).id === id) return text;
    }
  }
  return null;
}

/**
 * The body of the answer to `GET /v1/events?…`. `now` is in milliseconds since 1970.
 * @throws EventQueryError for parameters that cannot be read
 */
export async function answerEvents(
  spool: ReadableSpool,
  parameters: URLSearchParams,
  now: number,
): Promise<string> {
  const query = parseEventQuery(parameters, now);
  if (query.count) return JSON.stringify({ count: await countEvents(spool, query.filter) });
  const page = await listEvents(spool, query);
  return eventListBody(page.records, page.next, query);
}
