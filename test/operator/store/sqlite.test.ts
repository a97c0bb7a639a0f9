import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { StoreError } from '../../../operator/store/errors.ts';
import { openSqliteStore } from '../../../operator/store/sqlite/store.ts';
import { storeContract, Writer } from './contract.ts';
import { newKey, put } from './key-contract.ts';

const folders: string[] = [];
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'keeptrusts-store-'));
  folders.push(made);
  return made;
};
after(() => {
  for (const made of folders) rmSync(made, { recursive: true, force: true });
});

storeContract('SQLite', {
  async fresh() {
    const file = join(folder(), 'events.db');
    return () => openSqliteStore(file);
  },
});

describe('SQLite store', () => {
  const rejection = (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      () => expect.fail('it was accepted'),
      (error) => error,
    );

  it('refuses to start beside another control plane, and says what several need', async () => {
    const file = join(folder(), 'events.db');
    const store = await openSqliteStore(file);
    const error = await rejection(openSqliteStore(file));
    expect(error).to.be.instanceOf(StoreError);
    expect(error.message).to.contain('DATABASE_URL');
    await store.close();
  });

  it('refuses a file that a newer version wrote', async () => {
    const file = join(folder(), 'events.db');
    await (await openSqliteStore(file)).close();
    const database = new DatabaseSync(file);
    database.exec("UPDATE meta SET value = '99'");
    database.close();
    expect((await rejection(openSqliteStore(file))).message).to.contain('newer control plane');
  });

  it('takes over the tables of the version before', async () => {
    const file = join(folder(), 'events.db');
    const database = new DatabaseSync(file);
    database.exec(`
      CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      INSERT INTO meta VALUES ('schema', '1');
      CREATE TABLE revisions (
        hash TEXT PRIMARY KEY, number INTEGER NOT NULL, namespace TEXT NOT NULL, gateway TEXT NOT NULL,
        document TEXT NOT NULL, objects TEXT NOT NULL, compiled_at INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX revisions_gateway ON revisions (namespace, gateway, compiled_at);
      INSERT INTO revisions VALUES ('h2', 2, 'n', 'g', 'd', '[]', 5), ('h1', 1, 'n', 'g', 'd', '[]', 4);
    `);
    database.close();
    const store = await openSqliteStore(file);
    expect((await store.listConfigurations()).map(({ hash }) => hash)).to.deep.equal(['h2']);
    await store.close();
    const again = await openSqliteStore(file);
    expect(await again.getRevision('h1')).to.include({ number: 1, compiledAt: 4 });
    await again.close();
  });

  it('takes over the keys of the version before, for no namespace of a cluster', async () => {
    const file = join(folder(), 'events.db');
    const store = await openSqliteStore(file);
    await put(store, newKey('old', { namespaceUid: 'uid-1' }));
    await store.close();
    const database = new DatabaseSync(file);
    database.exec(
      "ALTER TABLE keys DROP COLUMN namespace_uid; UPDATE meta SET value = '3' WHERE name = 'schema'",
    );
    database.close();
    const again = await openSqliteStore(file);
    expect(await again.getKey('old')).to.deep.include(newKey('old'));
    await put(again, newKey('new', { namespaceUid: 'uid-1' }));
    const query = { namespace: 'default', gateway: 'one', after: 0, until: null, limit: 10 };
    const ids = async (namespaceUid: string | null) =>
      (await again.listKeyChanges({ ...query, namespaceUid })).keys.map(({ id }) => id);
    expect([await ids('uid-1'), await ids(null)]).to.deep.equal([['new'], ['old']]);
    await again.close();
  });

  it('lists by the indexes that are in its order, without sorting', async () => {
    const file = join(folder(), 'events.db');
    await (await openSqliteStore(file)).close();
    const database = new DatabaseSync(file);
    for (const column of ['verdict', 'team', 'model', 'policy', 'request_id']) {
      const plan = database
        .prepare(
          `EXPLAIN QUERY PLAN SELECT record FROM events WHERE kind NOT GLOB 'stream.*' AND ${column} = ? ORDER BY position DESC LIMIT 51`,
        )
        .all('x')
        .map((row) => String(row['detail']));
      expect(plan, column).to.have.length(1);
      expect(plan[0]).to.match(new RegExp(`USING INDEX events_\\w+ \\(${column}=`));
    }
    database.close();
  });

  it('fails every call after the end instead of waiting', async () => {
    const store = await openSqliteStore(join(folder(), 'events.db'));
    await store.close();
    expect(await rejection(store.countEvents({}))).to.be.instanceOf(StoreError);
  });

  it('opens the file again after its thread ran out of memory', async () => {
    const store = await openSqliteStore(join(folder(), 'events.db'), { heapMb: 16 });
    const writer = new Writer('s1');
    for (let batch = 0; batch < 30; batch += 1)
      await store.appendEvents(
        writer.batch(...Array.from({ length: 1_000 }, () => ({ model: 'm'.repeat(400) }))),
      );
    const all = rejection(store.readStream('s1', 0, 30_000));
    const beside = rejection(store.countEvents({}));
    expect(await all).to.be.instanceOf(StoreError);
    expect(await beside).to.be.instanceOf(StoreError);
    const counts = await Promise.all([store.countEvents({}), store.countEvents({})]);
    expect(counts).to.deep.equal([30_000, 30_000]);
    expect(await store.appendEvents(writer.batch({}))).to.include({ result: 'stored', acked: 30_000 });
    await store.close();
    await store.close();
    expect(await rejection(store.countEvents({}))).to.be.instanceOf(StoreError);
  });

  it('does not hold up the event loop while it writes', async () => {
    const store = await openSqliteStore(join(folder(), 'events.db'));
    const writer = new Writer('s1');
    const batches = Array.from({ length: 20 }, () =>
      writer.batch(...Array.from({ length: 200 }, () => ({ note: 'x'.repeat(800) }))),
    );
    let longest = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    await Promise.all(batches.map((batch) => store.appendEvents(batch)));
    clearInterval(watch);
    expect(await store.countEvents({})).to.equal(4000);
    expect(longest).to.be.lessThan(500);
    await store.close();
  });
});
