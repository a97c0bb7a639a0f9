import type { Database, Run } from './database.ts';
import { type Day, dateOf, daysToKeepReady, partitionOf } from './days.ts';
import { DAYS_LOCK } from './locks.ts';

const LOOK_AFTER_MS = 3_600_000;

/** The partitions of events, one a day. There is no default one: it would stand in the way of each made after it. */
export class Partitions {
  readonly #database: Database;
  readonly #known = new Set<Day>();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Looks after them now and every hour. Where that fails for days, an append makes its own.
   * @throws StoreError
   */
  async start(): Promise<void> {
    await this.maintain();
    this.#timer = setInterval(() => {
      this.#looking = this.maintain().catch(() => undefined);
    }, LOOK_AFTER_MS);
    this.#timer.unref();
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#looking;
  }

  /** Makes those of the coming days, and notes what lies in those that are over. @throws StoreError */
  async maintain(): Promise<void> {
    const [row] = await this.#database.query('SELECT extract(epoch FROM keeptrusts.clock()) * 1000 AS now');
    await this.ensure(daysToKeepReady(Number(row?.['now'])));
    const over = await this.#database.query(
      "SELECT day::text AS date FROM keeptrusts.days WHERE last IS NULL AND day < (keeptrusts.clock() AT TIME ZONE 'UTC')::date - 2 ORDER BY day",
    );
    for (const { date } of over) await this.#noteSpan(String(date));
  }

  /** Those that are not known to exist. */
  missing(days: Iterable<Day>): Day[] {
    return [...new Set(days)].filter((day) => !this.#known.has(day));
  }

  /** Makes those that do not exist. @throws StoreError */
  async ensure(days: Iterable<Day>): Promise<void> {
    const missing = this.missing(days);
    if (missing.length === 0) return;
    await this.#database.transaction(async (run) => {
      await run('SELECT pg_advisory_xact_lock($1)', [DAYS_LOCK]);
      for (const day of missing) {
        await run('INSERT INTO keeptrusts.days (day) VALUES ($1) ON CONFLICT DO NOTHING', [dateOf(day)]);
        if (!(await this.#isAttached(run, day))) await this.#attach(run, day);
      }
      return { commit: undefined };
    });
    for (const day of missing) this.#known.add(day);
  }

  /** Forgets which exist: somebody has removed one. */
  forget(): void {
    this.#known.clear();
  }

  async #isAttached(run: Run, day: Day): Promise<boolean> {
    const [found] = await run(
      "SELECT FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'keeptrusts.events'::regclass AND relname ~ $1",
      [`^${partitionOf(day)}(_[0-9]+)?$`],
    );
    return found !== undefined;
  }

  /** Made beside and attached: CREATE TABLE … PARTITION OF would wait for every reader and hold up those after it. */
  async #attach(run: Run, day: Day): Promise<void> {
    const taken = async (name: string): Promise<boolean> => {
      const [found] = await run('SELECT to_regclass($1) IS NOT NULL AS there', [`keeptrusts.${name}`]);
      return found?.['there'] === true;
    };
    let name = partitionOf(day);
    // One that was detached may have been kept.
    for (let next = 2; await taken(name); next += 1) name = `${partitionOf(day)}_${next}`;
    await run(
      `CREATE TABLE keeptrusts.${name} (LIKE keeptrusts.events INCLUDING DEFAULTS INCLUDING INDEXES)`,
    );
    await run(
      `ALTER TABLE keeptrusts.events ATTACH PARTITION keeptrusts.${name} FOR VALUES FROM ('${dateOf(day)}') TO ('${dateOf(day + 1)}')`,
    );
  }

  /** Under the lock that an append to such a day takes too: what it adds is seen here, or it sees what is noted here. */
  async #noteSpan(date: string): Promise<void> {
    await this.#database.transaction(async (run) => {
      await run('SELECT FROM keeptrusts.days WHERE day = $1 FOR UPDATE', [date]);
      const [span] = await run(
        'SELECT coalesce(min(position), 0) AS first, coalesce(max(position), 0) AS last FROM keeptrusts.events WHERE day = $1',
        [date],
      );
      await run('UPDATE keeptrusts.days SET first = $2, last = $3 WHERE day = $1', [
        date,
        span?.['first'],
        span?.['last'],
      ]);
      return { commit: undefined };
    });
  }
}
