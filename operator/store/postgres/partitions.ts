import type { Database } from './database.ts';
import { type Day, dateOf, daysToKeepReady, partitionOf } from './days.ts';
import { DAYS_LOCK } from './locks.ts';

const LOOK_AFTER_MS = 3_600_000;

/** The partitions of events, one a day. There is no default one: it would stand in the way of every day made after it. */
export class Partitions {
  readonly #database: Database;
  readonly #known = new Set<Day>();
  #timer: NodeJS.Timeout | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Makes those of the coming days now and every hour. Where that fails for days, an append makes its own.
   * @throws StoreError
   */
  async start(): Promise<void> {
    await this.#makeReady();
    this.#timer = setInterval(() => void this.#makeReady().catch(() => undefined), LOOK_AFTER_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
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
        const name = `keeptrusts.${partitionOf(day)}`;
        const [found] = await run('SELECT to_regclass($1) IS NOT NULL AS there', [name]);
        if (found?.['there'] === true) continue;
        // Made beside and attached: CREATE TABLE … PARTITION OF would wait for every reader and hold up those after it.
        await run(`CREATE TABLE ${name} (LIKE keeptrusts.events INCLUDING DEFAULTS INCLUDING INDEXES)`);
        await run(
          `ALTER TABLE keeptrusts.events ATTACH PARTITION ${name} FOR VALUES FROM ('${dateOf(day)}') TO ('${dateOf(day + 1)}')`,
        );
      }
      return { commit: undefined };
    });
    for (const day of missing) this.#known.add(day);
  }

  /** Forgets which exist: somebody has removed one. */
  forget(): void {
    this.#known.clear();
  }

  async #makeReady(): Promise<void> {
    const [row] = await this.#database.query('SELECT extract(epoch FROM now()) * 1000 AS now');
    await this.ensure(daysToKeepReady(Number(row?.['now'])));
  }
}
