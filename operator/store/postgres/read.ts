import type { EventFilter } from '../../../gateway/contract/event-query.ts';
import { storedText } from '../columns.ts';
import type { EventPage, Store, StoredEvent, StreamHead } from '../store.ts';
import type { Database } from './database.ts';
import { where } from './filter.ts';

const COLUMNS =
  'position, stream, seq, record, id, kind, ts, namespace, gateway, verdict, policy, provider, model, team, request_id, status, cost_nanos';

/** Lists, counts and single events. */
export class PostgresEvents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(query: Parameters<Store['listEvents']>[0]): Promise<EventPage> {
    const conditions = where(query.filter);
    const newest = query.order === 'newest';
    if (query.position !== null) conditions.add(`position ${newest ? '<' : '>'} ?`, query.position);
    // A statement of its own, and first: what is settled then is visible to the one that follows.
    const settled = newest ? null : await this.#settledPosition();
    if (settled !== null) conditions.add('position <= ?', settled);
    const rows = await this.#database.query(
      `SELECT ${COLUMNS} FROM keeptrusts.events ${conditions.sql} ORDER BY position ${newest ? 'DESC' : 'ASC'} LIMIT ${query.limit + 1}`,
      conditions.values,
    );
    const events = rows.slice(0, query.limit).map(toEvent);
    const last = rows.length > query.limit ? (events.at(-1)?.position ?? null) : null;
    // Followers go on behind what did not match, too.
    return { events, next: settled === null ? last : (last ?? Math.max(settled, query.position ?? 0)) };
  }

  async count(filter: EventFilter): Promise<number> {
    const { sql, values } = where(filter);
    const [row] = await this.#database.query(`SELECT count(*) AS n FROM keeptrusts.events ${sql}`, values);
    return Number(row?.['n']);
  }

  async get(id: string): Promise<StoredEvent | null> {
    const [row] = await this.#database.query(
      `SELECT ${COLUMNS} FROM keeptrusts.events WHERE id = $1 ORDER BY position LIMIT 1`,
      [storedText(id)],
    );
    return row === undefined ? null : toEvent(row);
  }

  async streams(): Promise<StreamHead[]> {
    const rows = await this.#database.query(
      'SELECT stream, namespace, gateway, next_seq, head FROM keeptrusts.streams ORDER BY stream',
    );
    return rows.map((row) => ({
      stream: String(row['stream']),
      namespace: String(row['namespace']),
      gateway: String(row['gateway']),
      size: Number(row['next_seq']),
      head: String(row['head']),
    }));
  }

  async readStream(stream: string, fromSeq: number, limit: number): Promise<StoredEvent[]> {
    const rows = await this.#database.query(
      `SELECT ${COLUMNS} FROM keeptrusts.events WHERE stream = $1 AND seq >= $2 ORDER BY seq LIMIT $3`,
      [storedText(stream), fromSeq, limit],
    );
    return rows.map(toEvent);
  }

  async #settledPosition(): Promise<number> {
    const [row] = await this.#database.query('SELECT keeptrusts.settled_position() AS position');
    return Number(row?.['position']);
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
