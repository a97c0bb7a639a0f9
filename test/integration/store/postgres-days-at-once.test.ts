import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Database } from '../../../operator/store/postgres/database.ts';
import { type Day, dayOf, partitionOf } from '../../../operator/store/postgres/days.ts';
import { Partitions } from '../../../operator/store/postgres/partitions.ts';
import { openPostgresStore } from '../../../operator/store/postgres/store.ts';
import { type PostgresServer, startPostgres } from '../../fakes/postgres.ts';

const FIRST = dayOf(Date.parse('2027-06-01T00:00:00Z'));

describe('partitions of the PostgreSQL store, made by two control planes at once', () => {
  let server: PostgresServer;
  let one: Database;
  let two: Database;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());
  beforeEach(async () => {
    const url = await server.createDatabase();
    const store = await openPostgresStore(url);
    await store.close();
    one = new Database(url);
    two = new Database(url);
  });
  afterEach(() => Promise.all([one.close(), two.close()]));

  /** Both begin, and neither can attach anything before both wait: for that, or for each other. */
  async function atOnce(days: readonly Day[], others: readonly Day[]): Promise<PromiseSettledResult<void>[]> {
    const both = await one.transaction(async (run) => {
      await run('LOCK TABLE keeptrusts.events IN SHARE UPDATE EXCLUSIVE MODE');
      const makers = Promise.allSettled([
        new Partitions(one).ensure(days),
        new Partitions(two).ensure(others),
      ]);
      const end = Date.now() + 10_000;
      for (let waiting = 0; waiting < 2 && Date.now() < end; await delay(10)) {
        const [row] = await run('SELECT count(DISTINCT pid)::int AS waiting FROM pg_locks WHERE NOT granted');
        waiting = Number(row?.['waiting']);
      }
      return { commit: { makers } };
    });
    return both.makers;
  }
  const made = async (): Promise<string[]> => {
    const rows = await one.query(
      "SELECT relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'keeptrusts.events'::regclass AND relname LIKE 'events_202706%' ORDER BY 1",
    );
    return rows.map((row) => String(row['relname']));
  };

  it('are made once where each comes to the days in another order', async () => {
    const results = await atOnce([FIRST, FIRST + 1], [FIRST + 1, FIRST]);
    expect(results.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled']);
    expect(await made()).to.deep.equal([FIRST, FIRST + 1].map(partitionOf));
  });

  it('are made once where the day is known and its partition was removed', async () => {
    await new Partitions(one).ensure([FIRST]);
    await one.query(`DROP TABLE keeptrusts.${partitionOf(FIRST)}`);
    const results = await atOnce([FIRST], [FIRST]);
    expect(results.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled']);
    expect(await made()).to.deep.equal([partitionOf(FIRST)]);
  });
});
