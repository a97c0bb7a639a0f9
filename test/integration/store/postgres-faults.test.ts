import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { inspect } from 'node:util';
import { expect } from 'chai';
import pg from 'pg';
import { StoreError } from '../../../operator/store/errors.ts';
import { openPostgresStore } from '../../../operator/store/postgres/store.ts';
import type { Store } from '../../../operator/store/store.ts';
import { eventually } from '../../fakes/folder.ts';
import { type PostgresServer, startPostgres } from '../../fakes/postgres.ts';
import { PASSWORD } from '../../fakes/postgres-files.ts';
import { Writer } from '../../operator/store/contract.ts';

/** Short, so that what waits for them does not wait long. */
const OPTIONS = { connections: 2, connectMs: 1_000, statementMs: 500, pauseMs: 500 };

describe('PostgreSQL store, faults', () => {
  let server: PostgresServer;
  let url: string;
  let store: Store;
  let writer: Writer;
  /** Nothing may come here: it would end a control plane. */
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  before(async () => {
    server = await startPostgres({ max_connections: '20' });
    process.on('uncaughtExceptionMonitor', note);
    process.on('unhandledRejection', note);
  });
  after(async () => {
    process.off('uncaughtExceptionMonitor', note);
    process.off('unhandledRejection', note);
    await server.stop();
  });
  beforeEach(async () => {
    url = await server.createDatabase();
    store = await openPostgresStore(url, OPTIONS);
    writer = new Writer('s1');
    await store.appendEvents(writer.batch({}));
  });
  afterEach(async () => {
    await store.close();
    expect(unhandled).to.deep.equal([]);
  });

  const database = (): string => new URL(url).pathname.slice(1);
  const sql = (text: string) => server.admin(text, database());
  /** What it fails with; always plain, and without the password. */
  const failure = async (promise: Promise<unknown>): Promise<string> => {
    const error: unknown = await promise.then(
      () => expect.fail('it was accepted'),
      (reason) => reason,
    );
    expect(error).to.be.instanceOf(StoreError);
    expect(inspect(error, { depth: 9, showHidden: true })).to.not.contain(PASSWORD);
    return (error as StoreError).message;
  };
  const lines = async (): Promise<number[]> => (await store.readStream('s1', 0, 100)).map(({ seq }) => seq);
  /** Locks the row of the stream while `work` runs, so that an append stands in the middle. */
  const whileLocked = async (work: () => Promise<void>): Promise<void> => {
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    await other.query('BEGIN; SELECT FROM keeptrusts.streams FOR UPDATE');
    try {
      await work();
    } finally {
      await other.query('ROLLBACK');
      await other.end();
    }
  };
  /** Resolves with the process of the server that waits for a lock. */
  const waiting = async (): Promise<unknown> => {
    let pid: unknown;
    await eventually(async () => {
      const [row] = await sql("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
      pid = row?.['pid'];
      return pid !== undefined;
    }, 'waiting for a lock');
    return pid;
  };
  const reachable = (): Promise<void> =>
    eventually(
      () =>
        store.listStreams().then(
          () => true,
          () => false,
        ),
      'an answer of the server',
    );

  it('a connection is ended in the middle of an append: nothing is half done, and it may be repeated', async () => {
    const batch = writer.batch({}, {});
    await whileLocked(async () => {
      const append = store.appendEvents(batch);
      append.catch(() => undefined);
      const pid = await waiting();
      await server.admin(`SELECT pg_terminate_backend(${pid})`);
      expect(await failure(append)).to.contain('ended the connection');
    });
    expect(await lines()).to.deep.equal([0]);
    expect(await store.appendEvents(batch)).to.deep.equal({ result: 'stored', acked: 2, added: 2 });
  });

  it('every connection is ended while nobody uses it', async () => {
    await Promise.all([store.countEvents({}), store.countEvents({})]);
    await server.admin(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database()}'`,
    );
    await reachable();
    expect(await store.appendEvents(writer.batch({}))).to.include({ added: 1 });
  });

  it('the server is gone and comes back', async () => {
    await server.halt();
    const batch = writer.batch({});
    const calls = [
      store.appendEvents(batch),
      store.countEvents({}),
      store.listStreams(),
      openPostgresStore(url),
    ];
    for (const message of await Promise.all(calls.map(failure)))
      expect(message).to.match(/127\.0\.0\.1:\d+: (it cannot be reached|the connection broke|it ended)/);
    await server.start();
    expect(await store.appendEvents(batch)).to.include({ added: 1 });
    expect(await lines()).to.deep.equal([0, 1]);
  });

  it('the server crashes in the middle of many appends: each is there whole or not at all, and again is once', async () => {
    const writers = Array.from({ length: 6 }, (_, index) => new Writer(`w${index}`));
    const batches = writers.flatMap((one) => Array.from({ length: 20 }, () => one.batch({}, {}, {})));
    const sent = batches.map((batch) => store.appendEvents(batch).catch((error) => error));
    await eventually(async () => (await store.countEvents({})) > 20, 'the first lines');
    await server.halt();
    const results = await Promise.all(sent);
    expect(results.some((result) => result instanceof StoreError)).to.equal(true);
    await server.start();
    for (const { stream, size } of await store.listStreams()) {
      if (stream === 's1') continue;
      expect(size % 3).to.equal(0);
      expect(await store.readStream(stream, 0, 100)).to.have.length(size);
    }
    for (const batch of batches) expect(await store.appendEvents(batch)).to.include({ result: 'stored' });
    expect(await store.countEvents({})).to.equal(1 + 6 * 60);
  });

  it('a statement takes too long', async () => {
    const batch = writer.batch({});
    await whileLocked(async () => {
      expect(await failure(store.appendEvents(batch))).to.contain('it took too long');
      expect(await store.countEvents({})).to.equal(1);
    });
    expect(await store.appendEvents(batch)).to.include({ added: 1 });
  });

  it('every connection is in use', async () => {
    await store.close();
    store = await openPostgresStore(url, { ...OPTIONS, statementMs: 10_000 });
    const second = new Writer('s2');
    await store.appendEvents(second.batch({}));
    const held: Promise<unknown>[] = [];
    await whileLocked(async () => {
      held.push(store.appendEvents(writer.batch({})), store.appendEvents(second.batch({})));
      await waiting();
      expect(await failure(store.countEvents({}))).to.contain('every connection is in use');
    });
    await Promise.all(held);
    expect(await store.countEvents({})).to.equal(4);
  });

  it('the server has no connection left', async () => {
    const clients = Array.from({ length: 20 }, () => new pg.Client({ connectionString: url }));
    await Promise.allSettled(clients.map((client) => client.connect()));
    await failure(openPostgresStore(url, OPTIONS)).then((message) =>
      expect(message).to.contain('no connection left'),
    );
    await Promise.all(clients.map((client) => client.end()));
  });

  it('the disk is full', async () => {
    await sql(`CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file "base/5/16384": No space left on device' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER no_space BEFORE INSERT ON keeptrusts.events FOR EACH ROW EXECUTE FUNCTION no_space()`);
    const batch = writer.batch({});
    expect(await failure(store.appendEvents(batch))).to.match(/its disk is full\.$/);
    expect((await store.listStreams())[0]).to.include({ size: 1 });
    await sql('DROP TRIGGER no_space ON keeptrusts.events');
    expect(await store.appendEvents(batch)).to.include({ added: 1 });
  });

  it('the server became a read-only standby', async () => {
    await sql(`ALTER DATABASE ${database()} SET default_transaction_read_only = on`);
    await server.admin(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database()}'`,
    );
    await reachable();
    const batch = writer.batch({});
    expect(await failure(store.appendEvents(batch))).to.contain(
      'read-only. DATABASE_URL must lead to the primary',
    );
    expect(await store.countEvents({})).to.equal(1);
  });

  it('the network swallows everything: it is given up, and the next call finds a way', async () => {
    const sockets = new Set<Socket>();
    let swallowing = false;
    const proxy = createServer((inside) => {
      const outside = connect(server.port, '127.0.0.1');
      for (const [from, to] of [
        [inside, outside],
        [outside, inside],
      ] as const) {
        sockets.add(from);
        from.on('data', (chunk) => swallowing || to.write(chunk));
        from.on('error', () => undefined).on('close', () => to.destroy());
      }
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const through = new URL(url);
    through.port = String((proxy.address() as { port: number }).port);
    const far = await openPostgresStore(through.href, OPTIONS);
    swallowing = true;
    const began = performance.now();
    const calls = [far.countEvents({}), far.appendEvents(writer.batch({})), far.countEvents({})];
    for (const message of await Promise.all(calls.map(failure))) expect(message).to.match(/does not answer/);
    expect(performance.now() - began).to.be.lessThan(4_000);
    swallowing = false;
    expect(await far.countEvents({})).to.equal(1);
    await far.close();
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });

  it('it is closed while calls wait: they end, and later ones fail', async () => {
    const calls = Array.from({ length: 10 }, () => store.countEvents({}));
    const closed = store.close();
    expect(await Promise.all(calls)).to.deep.equal(Array(10).fill(1));
    await closed;
    expect(await failure(store.countEvents({}))).to.equal('the store is closed');
    await store.close();
  });

  it('the URL is wrong: it is said what of it, without the password', async () => {
    const changed = (change: (to: URL) => void): string => {
      const to = new URL(url);
      change(to);
      return to.href;
    };
    const told = async (to: string): Promise<string> => failure(openPostgresStore(to, OPTIONS));
    expect(
      await told(
        changed((to) => {
          to.password = `${PASSWORD}2`;
        }),
      ),
    ).to.contain("does not let user 'keeptrusts' in");
    expect(
      await told(
        changed((to) => {
          to.pathname = '/nowhere';
        }),
      ),
    ).to.contain("no database 'nowhere'");
    expect(
      await told(
        changed((to) => {
          to.pathname = '';
        }),
      ),
    ).to.contain('names no database');
    expect(
      await told(
        changed((to) => {
          to.port = '1';
        }),
      ),
    ).to.contain('127.0.0.1:1: it cannot be reached (ECONNREFUSED)');
    expect(
      await told(
        changed((to) => {
          to.hostname = 'no.such.host.invalid';
        }),
      ),
    ).to.contain('name cannot be resolved');
    expect(
      await told(
        changed((to) => {
          to.search = '?sslmode=verify-full';
        }),
      ),
    ).to.contain('does not support SSL');
    expect(
      await told(
        changed((to) => {
          to.search = '?sslmode=verify-full&sslrootcert=/nowhere.pem';
        }),
      ),
    ).to.contain('/nowhere.pem cannot be read (ENOENT)');
    expect(await told(`mysql://u:${PASSWORD}@h/d`)).to.contain('does not begin with postgres://');
    expect(await told(`postgres://u:${PASSWORD}@h:port/d`)).to.contain('it is no URL');
  });
});
