import pg from 'pg';
import { readConnection } from './connection.ts';
import { storeError, type Whereabouts } from './errors.ts';

export interface DatabaseOptions {
  /** Connections at most. */
  connections?: number;
  /** Longest wait for a connection, in ms: for a new one, or for one that is free. */
  connectMs?: number;
  /** Longest run of one statement, in ms. */
  statementMs?: number;
  /** Longest pause between two statements of a transaction, in ms; then the server rolls it back. */
  pauseMs?: number;
}

const DEFAULTS: Required<DatabaseOptions> = {
  connections: 10,
  connectMs: 10_000,
  statementMs: 15_000,
  pauseMs: 10_000,
};
/** How much later than the server this side gives up on a statement, in ms, at most: then the server is gone. */
const GRACE_MS = 5_000;

/** A connection that nobody uses is probed after this, before something in between forgets it. */
const KEEP_ALIVE_MS = 30_000;

/** The longest time of a timer. */
const NO_LIMIT_MS = 2 ** 31 - 1;

type Row = Record<string, unknown>;
type Limits = { query_timeout?: number };
/** Runs one statement with its values. */
export type Run = (sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/** What a transaction came to: kept, or undone without being a failure. */
export type Outcome<T> = { commit: T } | { undo: T };

/** Connections to one database. Every failure is a StoreError; a connection that failed is never used again. */
export class Database {
  readonly where: Whereabouts;
  readonly #pool: pg.Pool;
  #ended: Promise<void> | null = null;

  /** @throws StoreError when the URL cannot be used */
  constructor(url: string, options: DatabaseOptions = {}) {
    const { connections, connectMs, statementMs, pauseMs } = { ...DEFAULTS, ...options };
    const { config, where } = readConnection(url);
    this.where = where;
    this.#pool = new pg.Pool({
      application_name: 'keeptrusts',
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      idleTimeoutMillis: 60_000,
      ...config,
      max: connections,
      connectionTimeoutMillis: connectMs,
      query_timeout: statementMs + Math.min(statementMs, GRACE_MS),
      // Statements, since a connection pooler in between may not take parameters of the start.
      onConnect: (client: pg.ClientBase) =>
        client.query(
          `SET statement_timeout = ${statementMs}; SET lock_timeout = ${statementMs};
           SET idle_in_transaction_session_timeout = ${pauseMs}; SET default_transaction_isolation = 'read committed'`,
        ),
    });
    // A connection that breaks while nobody uses it is replaced; without listeners it would end the process.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** One statement, a transaction of its own. @throws StoreError */
  query(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#withClient({}, (run) => run(sql, values));
  }

  /** All or nothing. Where `work` throws, nothing is kept. @throws StoreError */
  transaction<T>(work: (run: Run) => Promise<Outcome<T>>): Promise<T> {
    return this.#transaction(work, 'BEGIN');
  }

  /** One whose statements may take as long as they need. @throws StoreError */
  patientTransaction<T>(work: (run: Run) => Promise<Outcome<T>>): Promise<T> {
    const begin = 'BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0';
    return this.#transaction(work, begin, { query_timeout: NO_LIMIT_MS });
  }

  #transaction<T>(work: (run: Run) => Promise<Outcome<T>>, begin: string, limits: Limits = {}): Promise<T> {
    return this.#withClient(limits, async (run) => {
      await run(begin);
      const outcome = await work(run);
      if ('undo' in outcome) {
        await run('ROLLBACK');
        return outcome.undo;
      }
      await run('COMMIT');
      return outcome.commit;
    });
  }

  /** Nothing may be under way. */
  close(): Promise<void> {
    this.#ended ??= this.#pool.end();
    return this.#ended;
  }

  async #withClient<T>(limits: Limits, work: (run: Run) => Promise<T>): Promise<T> {
    let client: pg.PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw storeError(error, this.where);
    }
    let failed = true;
    try {
      const value = await work(async (text, values = []) => {
        const { rows } = await client.query<Row>({ ...limits, text, values: [...values] });
        return rows;
      });
      failed = false;
      return value;
    } catch (error) {
      throw storeError(error, this.where);
    } finally {
      // Thrown away with whatever was open on it: the server rolls that back.
      client.release(failed);
    }
  }
}
