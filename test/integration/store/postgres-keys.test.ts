import { expect } from 'chai';
import pg from 'pg';
import { openPostgresStore } from '../../../operator/store/postgres/store.ts';
import type { Store } from '../../../operator/store/store.ts';
import { type PostgresServer, startPostgres } from '../../fakes/postgres.ts';
import { Follower, newKey, put } from '../../operator/store/key-contract.ts';

describe('keys in PostgreSQL while others write', () => {
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

  /** Resolves when a statement waits for what another transaction holds. */
  async function somebodyWaits(): Promise<void> {
    for (const end = Date.now() + 10_000; Date.now() < end; ) {
      const waiting = await server.admin(
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
        new URL(url).pathname.slice(1),
      );
      if (waiting.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('nobody waits');
  }

  it('passes no change that is committed later than one behind it', async () => {
    await put(stores[0]!, newKey('old'));
    const follower = new Follower('default', 'one', 10);
    await follower.begin(stores[1]!);
    // A control plane that has taken its position, and stands still before its commit.
    await other.query('BEGIN');
    await other.query('UPDATE keeptrusts.key_position SET last = last + 1');
    const quick = put(stores[1]!, newKey('quick'));
    await somebodyWaits();
    await follower.follow(stores[0]!);
    expect([...follower.held]).to.deep.equal(['old']);
    await other.query(
      `UPDATE keeptrusts.keys SET revoked_at = 5, revoked_by = 'bob',
         position = (SELECT last FROM keeptrusts.key_position) WHERE id = 'old'`,
    );
    await other.query('COMMIT');
    const before = follower.position;
    expect((await quick).position).to.equal(before + 2);
    await follower.follow(stores[0]!);
    expect([...follower.held]).to.deep.equal(['quick']);
    expect(follower.position).to.equal(before + 2);
  });

  it('gives way when the one that stood still is gone, with nothing half done', async () => {
    await other.query('BEGIN');
    await other.query('UPDATE keeptrusts.key_position SET last = last + 1');
    const quick = put(stores[1]!, newKey('quick'));
    await somebodyWaits();
    await other.query('ROLLBACK');
    expect((await quick).position).to.equal(1);
  });

  it('lets one of two make a key of an id, and one be the first to revoke it', async () => {
    const made = await Promise.all(
      stores.map((store, index) => store.putKey(newKey('k', { sha256: String(index).repeat(64) }), 9)),
    );
    expect(made.map(({ result }) => result)).to.have.members(['kept', 'taken']);
    const [first, second] = await Promise.all(
      stores.map((store, index) => store.revokeKey('k', { at: index + 1, by: `p${index}` })),
    );
    expect(first).to.deep.equal(second);
  });
});
