import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { EventFilter } from '../../../gateway/contract/event-query.ts';
import { type KnownStream, placeOf, readNewRecords } from '../place.ts';
import type { AppendResult, EventBatch, EventPage, Store, StoredEvent, StreamHead } from '../store.ts';
import { where } from './filter.ts';

const COLUMNS =
  'id, kind, ts, namespace, gateway, verdict, policy, provider, model, team, request_id, status, cost_nanos';
type Row = Record<string, SQLInputValue>;

/** Everything about events, in the worker thread: each call is one transaction. */
export class SqliteEvents {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #head: StatementSync;
  readonly #moveHead: StatementSync;
  readonly #recordAt: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insert = database.prepare(
      `INSERT INTO events (stream, seq, received_at, ${COLUMNS}, record) VALUES (${Array(17).fill('?').join(', ')})`,
    );
    this.#head = database.prepare('SELECT next_seq, head, namespace, gateway FROM streams WHERE stream = ?');
    this.#moveHead = database.prepare(
      `INSERT INTO streams (stream, namespace, gateway, next_seq, head) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (stream) DO UPDATE SET next_seq = excluded.next_seq, head = excluded.head`,
    );
    this.#recordAt = database.prepare('SELECT record FROM events WHERE stream = ? AND seq = ?');
  }

  append(batch: EventBatch): AppendResult {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = this.#append(batch);
      this.#database.exec(result.result === 'stored' ? 'COMMIT' : 'ROLLBACK');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  #append(batch: EventBatch): AppendResult {
    const known = this.#known(batch.stream);
    const place = placeOf(batch, known);
    if ('result' in place) return place;
    for (const [index, record] of batch.records.slice(0, place.repeated).entries()) {
      const stored = this.#recordAt.get(batch.stream, batch.firstSeq + index)?.['record'];
      if (!(stored instanceof Uint8Array) || Buffer.compare(stored, record) !== 0) {
        return { result: 'fork', seq: batch.firstSeq + index };
      }
    }
    const read = readNewRecords(batch, place, known);
    if ('result' in read) return read;
    for (const { seq, columns: c, record } of read.records) {
      this.#insert.run(
        ...[batch.stream, seq, batch.receivedAt, c.id, c.kind, c.ts, c.namespace, c.gateway, c.verdict],
        ...[c.policy, c.provider, c.model, c.team, c.request_id, c.status, c.cost_nanos, record],
      );
    }
    const added = read.records.length;
    const next = place.from + added;
    if (added > 0) this.#moveHead.run(batch.stream, batch.namespace, batch.gateway, next, read.head);
    return { result: 'stored', acked: next - 1, added };
  }

  #known(stream: string): KnownStream | null {
    const row = this.#head.get(stream);
    if (row === undefined) return null;
    return {
      namespace: String(row['namespace']),
      gateway: String(row['gateway']),
      next: Number(row['next_seq']),
      head: String(row['head']),
    };
  }

  list(query: Parameters<Store['listEvents']>[0]): EventPage {
    const conditions = where(query.filter);
    const newest = query.order === 'newest';
    if (query.position !== null) conditions.add(newest ? 'position < ?' : 'position > ?', query.position);
    const rows = this.#database
      .prepare(
        `SELECT position, stream, seq, ${COLUMNS}, record FROM events ${conditions.sql} ORDER BY position ${newest ? 'DESC' : 'ASC'} LIMIT ?`,
      )
      .all(...conditions.values, query.limit + 1) as Row[];
    const events = rows.slice(0, query.limit).map(toEvent);
    const last = rows.length > query.limit ? (events.at(-1)?.position ?? null) : null;
    if (newest) return { events, next: last };
    // Where that was all, followers go on behind what did not match, too.
    return { events, next: last ?? Math.max(this.#lastPosition(), query.position ?? 0) };
  }

  #lastPosition(): number {
    return Number(this.#database.prepare('SELECT max(position) AS last FROM events').get()?.['last'] ?? 0);
  }

  count(filter: EventFilter): number {
    const conditions = where(filter);
    const row = this.#database
      .prepare(`SELECT count(*) AS n FROM events ${conditions.sql}`)
      .get(...conditions.values);
    return Number(row?.['n']);
  }

  get(id: string): StoredEvent | null {
    const row = this.#database
      .prepare(
        `SELECT position, stream, seq, ${COLUMNS}, record FROM events WHERE id = ? ORDER BY position LIMIT 1`,
      )
      .get(id);
    return row === undefined ? null : toEvent(row as Row);
  }

  streams(namespace?: string): StreamHead[] {
    return this.#database
      .prepare(
        `SELECT stream, namespace, gateway, next_seq, head FROM streams
         WHERE ?1 IS NULL OR namespace = ?1 ORDER BY stream`,
      )
      .all(namespace ?? null)
      .map((row) => ({
        stream: String(row['stream']),
        namespace: String(row['namespace']),
        gateway: String(row['gateway']),
        size: Number(row['next_seq']),
        head: String(row['head']),
      }));
  }

  readStream(stream: string, fromSeq: number, limit: number, namespace?: string): StoredEvent[] {
    return this.#database
      .prepare(
        `SELECT position, stream, seq, ${COLUMNS}, record FROM events WHERE stream = ?1 AND seq >= ?2
         AND (?4 IS NULL OR ?4 = (SELECT namespace FROM streams WHERE stream = ?1)) ORDER BY seq LIMIT ?3`,
      )
      .all(stream, fromSeq, limit, namespace ?? null)
      .map((row) => toEvent(row as Row));
  }
}

function toEvent(row: Row): StoredEvent {
  const { position, stream, seq, record, ...columns } = row;
  return {
    position: Number(position),
    stream: String(stream),
    seq: Number(seq),
    record: record as Uint8Array,
    columns: columns as unknown as StoredEvent['columns'],
  };
}
