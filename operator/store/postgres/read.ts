import type { EventFilter } from '../../../gateway/contract/event-query.ts';
import { storedText } from '../columns.ts';
import type { EventPage, Store, StoredEvent, StreamHead } from '../store.ts';
import type { Database, Run } from './database.ts';
import { dateOf, dayOfId } from './days.ts';
import { where } from './filter.ts';
import { datesOf, pieces, type Span, spansAfter, spansBefore } from './spans.ts';
import { streamLines } from './stream-lines.ts';

const COLUMNS =
  'position, stream, seq, record, id, kind, ts, namespace, gateway, verdict, policy, provider, model, team, request_id, status, cost_nanos';

/** A condition; it is left out when its value is null. */
type Bound = readonly [sql: string, value: number | null];

/** Days that the first statement of a list looks into: those that grow, and some more. */
const FIRST_PIECE = 8;

/** Lists, counts and single events. */
export class PostgresEvents {
  readonly #run: Run;

  constructor(database: Database) {
    this.#run = (sql, values) => database.query(sql, values);
  }

  list({ filter, limit, position, order }: Parameters<Store['listEvents']>[0]): Promise<EventPage> {
    return order === 'newest'
      ? this.#newest(filter, limit, position)
      : this.#following(filter, limit, position ?? 0);
  }

  async count(filter: EventFilter): Promise<number> {
    let count = 0;
    for (const dates of pieces(await datesOf(this.#run, filter))) {
      const conditions = where(filter);
      conditions.add('day = ANY(?)', dates);
      const [row] = await this.#run(
        `SELECT count(*) AS n FROM keeptrusts.events ${conditions.sql}`,
        conditions.values,
      );
      count += Number(row?.['n']);
    }
    return count;
  }

  async get(id: string): Promise<StoredEvent | null> {
    const made = dayOfId(id);
    const near = made === null ? [] : [made - 1, made, made + 1].map(dateOf);
    const all = await datesOf(this.#run, {});
    // Its day is mostly that of the id, but not where a clock was wrong.
    const ordered = [
      ...all.filter((date) => near.includes(date)),
      ...all.filter((date) => !near.includes(date)),
    ];
    for (const dates of pieces(ordered, near.length || undefined)) {
      const rows = await this.#run(
        `SELECT ${COLUMNS} FROM keeptrusts.events WHERE day = ANY($1) AND id = $2`,
        [dates, storedText(id)],
      );
      const [first] = rows.map(toEvent).sort((a, b) => a.position - b.position);
      if (first !== undefined) return first;
    }
    return null;
  }

  async streams(namespace?: string): Promise<StreamHead[]> {
    const rows = await this.#run(
      `SELECT stream, namespace, gateway, next_seq, head FROM keeptrusts.streams
       WHERE $1::text IS NULL OR namespace = $1 ORDER BY stream`,
      [namespace === undefined ? null : storedText(namespace)],
    );
    return rows.map((row) => ({
      stream: String(row['stream']),
      namespace: String(row['namespace']),
      gateway: String(row['gateway']),
      size: Number(row['next_seq']),
      head: String(row['head']),
    }));
  }

  async readStream(
    stream: string,
    fromSeq: number,
    limit: number,
    namespace?: string,
  ): Promise<StoredEvent[]> {
    const lines = await streamLines(this.#run, COLUMNS, storedText(stream), fromSeq, limit, namespace);
    return lines.map(toEvent);
  }

  async #newest(filter: EventFilter, limit: number, position: number | null): Promise<EventPage> {
    const spans = await spansBefore(this.#run, filter, position);
    const found = await this.#walk(filter, limit, 'DESC', spans, [['position < ?', position]]);
    const events = found.slice(0, limit);
    return { events, next: found.length > limit ? (events.at(-1)?.position ?? null) : null };
  }

  async #following(filter: EventFilter, limit: number, position: number): Promise<EventPage> {
    // A statement of its own, and first: what is settled then is visible to those that follow.
    const [row] = await this.#run('SELECT keeptrusts.settled_position() AS settled');
    const settled = Number(row?.['settled']);
    const spans = await spansAfter(this.#run, filter, position);
    const found = await this.#walk(filter, limit, 'ASC', spans, [
      ['position > ?', position],
      ['position <= ?', settled],
    ]);
    const events = found.slice(0, limit);
    const last = events.at(-1)?.position ?? position;
    // Where that was all, what did not match is passed too.
    return { events, next: found.length > limit ? last : Math.max(settled, position) };
  }

  /** Some days after the others, until none that is left can hold an event of the page. One more than it, if there are. */
  async #walk(
    filter: EventFilter,
    limit: number,
    direction: 'ASC' | 'DESC',
    spans: readonly Span[],
    bounds: readonly Bound[],
  ): Promise<StoredEvent[]> {
    const forward = direction === 'ASC' ? 1 : -1;
    let events: StoredEvent[] = [];
    for (const piece of pieces(spans, FIRST_PIECE)) {
      const end = events[limit]?.position;
      const bound = piece[0]?.bound ?? null;
      if (end !== undefined && bound !== null && (bound - end) * forward > 0) break;
      const dates = piece.map(({ date }) => date);
      const more = await this.#page(filter, dates, direction, limit, bounds);
      events = [...events, ...more].sort((a, b) => (a.position - b.position) * forward).slice(0, limit + 1);
    }
    return events;
  }

  async #page(
    filter: EventFilter,
    dates: readonly string[],
    direction: 'ASC' | 'DESC',
    limit: number,
    bounds: readonly Bound[],
  ): Promise<StoredEvent[]> {
    const conditions = where(filter);
    conditions.add('day = ANY(?)', dates);
    for (const [sql, value] of bounds) if (value !== null) conditions.add(sql, value);
    const { sql, values } = conditions;
    const order = `ORDER BY position ${direction} LIMIT ${limit + 1}`;
    // Few belong to a request. Left to itself, the planner may walk along the positions in the hope of meeting one soon.
    const rows = await this.#run(
      filter.request_id === undefined
        ? `SELECT ${COLUMNS} FROM keeptrusts.events ${sql} ${order}`
        : `WITH few AS MATERIALIZED (SELECT ${COLUMNS} FROM keeptrusts.events ${sql}) SELECT * FROM few ${order}`,
      values,
    );
    return rows.map(toEvent);
  }
}

/** The driver gives 64-bit integers as text; ours are all below 2^53. */
function toEvent(row: Record<string, unknown>): StoredEvent {
  const { position, stream, seq, record, ...columns } = row;
  const cost = columns['cost_nanos'];
  return {
    position: Number(position),
    stream: String(stream),
    seq: Number(seq),
    record: record as Uint8Array,
    columns: {
      ...columns,
      ts: Number(columns['ts']),
      cost_nanos: cost === null ? null : Number(cost),
    } as unknown as StoredEvent['columns'],
  };
}
