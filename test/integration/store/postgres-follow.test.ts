import { expect } from 'chai';
import pg from 'pg';
import { openPostgresStore } from '../../../operator/store/postgres/store.ts';
import type { Store } from '../../../operator/store/store.ts';
import { type PostgresServer, startPostgres } from '../../fakes/postgres.ts';
import { Writer } from '../../operator/store/contract.ts';

describe('following PostgreSQL while others write', () => {
  let server: PostgresServer;
  let url: string;
  let stores: Store[];
  let other: pg.Client;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
    stores = [await openPostgresStore(url), await openPostgresStore(url)];
    other = new pg.Client({ connectionString: url });
    await other.connect();
  });
  afterEach(async () => {
    await other.end();
    await Promise.all(stores.map((store) => store.close()));
  });

  const waiting = (): Promise<Record<string, unknown>[]> =>
    server.admin(
      "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
      new URL(url).pathname.slice(1),
    );
  /** A batch that takes its positions and then stands still before its commit, until `other` ends its transaction. */
  const withHeld = async (writer: Writer) => {
    await other.query('BEGIN');
    await other.query('SELECT FROM keeptrusts.days FOR UPDATE');
    // Its time cannot be believed, which is noted at the day after its line was added.
    const done = stores[0]!.appendEvents(writer.batch({ ts: '2999-01-01T00:00:00Z' }));
    done.catch(() => undefined);
    await waitFor(async () => (await waiting()).length > 0);
    return { done };
  };
  const follow = async (store: Store, position: number | null) => {
    const page = await store.listEvents({ filter: {}, limit: 100, position, order: 'oldest' });
    return { seen: page.events.map(({ stream, seq }) => `${stream} ${seq}`), next: page.next };
  };

  it('passes no line that is committed later than one behind it', async () => {
    const [late, quick] = [new Writer('late'), new Writer('quick')];
    await stores[1]!.appendEvents(quick.batch({}));
    const held = await withHeld(late);
    await stores[1]!.appendEvents(quick.batch({}, {}));
    const before = await follow(stores[1]!, null);
    expect(before.seen).to.deep.equal(['quick 0']);
    const idle = await follow(stores[1]!, before.next);
    expect(idle).to.deep.equal({ seen: [], next: before.next });
    // People see what is there.
    expect(await stores[1]!.countEvents({})).to.equal(3);
    await other.query('COMMIT');
    expect(await held.done).to.include({ result: 'stored', added: 1 });
    const after = await follow(stores[1]!, idle.next);
    expect(after.seen).to.deep.equal(['late 0', 'quick 1', 'quick 2']);
    expect((await follow(stores[1]!, after.next)).seen).to.deep.equal([]);
  });

  it('goes on when the one that was waited for is gone', async () => {
    const [late, quick] = [new Writer('late'), new Writer('quick')];
    const held = await withHeld(late);
    await stores[1]!.appendEvents(quick.batch({}));
    expect((await follow(stores[1]!, null)).seen).to.deep.equal([]);
    const [row] = await waiting();
    await server.admin(`SELECT pg_terminate_backend(${row?.['pid']})`);
    expect(await held.done.catch((error: Error) => error.name)).to.equal('StoreError');
    expect((await follow(stores[1]!, null)).seen).to.deep.equal(['quick 0']);
    await other.query('ROLLBACK');
  });

  it('waits for no transaction but appends, however long it is open', async () => {
    await other.query('CREATE TABLE public.job (done int)');
    await other.query('BEGIN');
    await other.query('INSERT INTO public.job VALUES (1)');
    await stores[0]!.appendEvents(new Writer('s1').batch({}));
    expect((await follow(stores[1]!, null)).seen).to.deep.equal(['s1 0']);
    await other.query('ROLLBACK');
  });

  it('misses and repeats nothing while eight gateways write over two control planes', async () => {
    const writers = Array.from({ length: 8 }, (_, index) => new Writer(`s${index}`));
    let writing = true;
    const seen: string[][] = [[], []];
    const followers = stores.map(async (store, which) => {
      for (let position: number | null = null, last = false; ; ) {
        const stopped = !writing;
        const page = await follow(store, position);
        position = page.next;
        seen[which]!.push(...page.seen);
        if (last && page.seen.length === 0) return;
        last = stopped;
      }
    });
    await Promise.all(
      writers.map(async (writer, index) => {
        for (let batch = 0; batch < 25; batch += 1) {
          // Some are of another day than the others, so that they take more steps to be stored.
          const ts = new Date(Date.now() - (batch % 3) * 5 * 86_400_000).toISOString();
          await stores[(index + batch) % 2]!.appendEvents(writer.batch({ ts }, {}, { ts }));
        }
      }),
    );
    writing = false;
    await Promise.all(followers);
    const written = writers.flatMap(({ stream, seq }) =>
      Array.from({ length: seq }, (_, index) => `${stream} ${index}`),
    );
    for (const lines of seen) {
      expect(lines).to.have.length(written.length);
      expect(new Set(lines)).to.deep.equal(new Set(written));
    }
    expect(seen[0]).to.deep.equal(seen[1]);
  });
});

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('it did not happen within 5 s');
}
