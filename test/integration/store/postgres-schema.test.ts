import { expect } from 'chai';
import pg from 'pg';
import { StoreError } from '../../../operator/store/errors.ts';
import { MIGRATE_LOCK } from '../../../operator/store/postgres/locks.ts';
import { openPostgresStore } from '../../../operator/store/postgres/store.ts';
import { type PostgresServer, startPostgres } from '../../fakes/postgres.ts';
import { Writer } from '../../operator/store/contract.ts';

describe('tables of the PostgreSQL store', () => {
  let server: PostgresServer;
  let url: string;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());
  beforeEach(async () => {
    url = await server.createDatabase();
  });

  const database = (): string => new URL(url).pathname.slice(1);
  const sql = (text: string) => server.admin(text, database());
  const rejection = (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      () => expect.fail('it was accepted'),
      (error) => error,
    );

  it('are made once, by whoever of six control planes is first', async () => {
    const stores = await Promise.all(Array.from({ length: 6 }, () => openPostgresStore(url)));
    const applied = await sql('SELECT version FROM keeptrusts.migrations ORDER BY version');
    expect(applied.map(({ version }) => version)).to.deep.equal(applied.map((_, index) => index + 1));
    await Promise.all(stores.map((store, index) => store.appendEvents(new Writer(`s${index}`).batch({}))));
    expect(await stores[0]!.countEvents({})).to.equal(6);
    await Promise.all(stores.map((store) => store.close()));
    await (await openPostgresStore(url)).close();
    expect(await sql('SELECT version FROM keeptrusts.migrations ORDER BY version')).to.deep.equal(applied);
  });

  it('are waited for as long as another control plane needs to change them', async () => {
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query(`BEGIN; SELECT pg_advisory_xact_lock(${MIGRATE_LOCK})`);
    const opening = openPostgresStore(url, { statementMs: 400 });
    opening.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await other.query('COMMIT');
    await other.end();
    await (await opening).close();
  });

  it('are left alone when a newer control plane made them, and it says so', async () => {
    await (await openPostgresStore(url)).close();
    await sql("INSERT INTO keeptrusts.migrations (version, name) VALUES (99, '0099_later')");
    const error = await rejection(openPostgresStore(url));
    expect(error).to.be.instanceOf(StoreError);
    expect(error.message).to.match(/written by a newer control plane \(schema 99, this one knows \d+\)/);
    expect(await connections()).to.equal(0);
  });

  it('are not made in a database that cannot hold every character', async () => {
    await server.admin("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    expect((await rejection(openPostgresStore(server.url('latin')))).message).to.contain(
      'is encoded in LATIN1',
    );
  });

  it('are made whole or not at all', async () => {
    await sql('CREATE SCHEMA keeptrusts; CREATE TABLE keeptrusts.accepted (in_the_way int)');
    expect((await rejection(openPostgresStore(url))).message).to.contain('"accepted" already exists');
    const left = await sql("SELECT tablename FROM pg_tables WHERE schemaname = 'keeptrusts'");
    expect(left).to.deep.equal([{ tablename: 'accepted' }]);
    await sql('DROP TABLE keeptrusts.accepted');
    await (await openPostgresStore(url)).close();
  });

  it('are made by a user who may do nothing else, in a schema that was made for him', async () => {
    await sql(`CREATE ROLE plain LOGIN PASSWORD 'p:l@in'; REVOKE ALL ON DATABASE ${database()} FROM PUBLIC;
      GRANT CONNECT ON DATABASE ${database()} TO plain; CREATE SCHEMA keeptrusts AUTHORIZATION plain`);
    const plain = new URL(url);
    plain.username = 'plain';
    plain.password = encodeURIComponent('p:l@in');
    const store = await openPostgresStore(plain.href);
    expect(await store.appendEvents(new Writer('s1').batch({}))).to.include({ added: 1 });
    expect(
      (await store.listEvents({ filter: {}, limit: 1, position: null, order: 'oldest' })).events,
    ).to.have.length(1);
    await store.close();
    await sql('DROP SCHEMA keeptrusts CASCADE');
    expect((await rejection(openPostgresStore(plain.href))).message).to.contain(
      "user 'plain' may not do this",
    );
  });

  it('go on behind what they hold when the sequences of a copy begin anew', async () => {
    let store = await openPostgresStore(url);
    const writer = new Writer('s1');
    await store.appendEvents(writer.batch({}, {}, {}));
    const revision = { namespace: 'n', gateway: 'g', document: '', objects: [], compiledAt: 1 };
    for (const number of [1, 2, 3]) await store.archiveRevision({ ...revision, hash: `h${number}`, number });
    await store.close();
    await sql("SELECT setval('keeptrusts.positions', 0); SELECT setval('keeptrusts.archived', 1, false)");
    store = await openPostgresStore(url);
    await store.appendEvents(writer.batch({}));
    await store.archiveRevision({ ...revision, hash: 'h4', number: 4 });
    const page = await store.listEvents({ filter: {}, limit: 9, position: null, order: 'oldest' });
    expect(page.events.map(({ seq }) => seq)).to.deep.equal([0, 1, 2, 3]);
    expect((await store.listConfigurations()).map(({ hash }) => hash)).to.deep.equal(['h4']);
    await store.close();
  });

  const connections = async (): Promise<number> => {
    const [row] = await server.admin(
      `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = '${database()}'`,
    );
    return Number(row?.['n']);
  };
});
