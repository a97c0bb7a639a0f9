import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createControlPlaneClient } from '../../../gateway/events/control-plane-client.ts';
import { startDelivery } from '../../../gateway/events/delivery.ts';
import { localAuthorizer } from '../../../operator/api/access.ts';
import { createLocalTokens } from '../../../operator/api/auth.ts';
import { localNamespaces } from '../../../operator/api/namespaces.ts';
import { startApi } from '../../../operator/api/server.ts';
import { createInstanceReports } from '../../../operator/domain/instance-reports.ts';
import { openPostgresStore } from '../../../operator/store/postgres/store.ts';
import { eventually } from '../../fakes/folder.ts';
import { loneKeyFeed } from '../../fakes/key-feed.ts';
import { type PostgresServer, startPostgres } from '../../fakes/postgres.ts';
import { verifyLines } from '../../fakes/verify-lines.ts';
import { begin, decision, linesOf, memoryLog, spoolAt, tempFolder } from '../../gateway/events/fixtures.ts';

describe('events from a gateway’s spool to PostgreSQL', () => {
  let server: PostgresServer;
  let folder: ReturnType<typeof tempFolder>;
  before(async () => {
    server = await startPostgres({ fsync: 'on' });
    folder = tempFolder();
  });
  after(async () => {
    folder.remove();
    await server.stop();
  });

  it('crashes and ended connections lose nothing and double nothing, and the stored chain verifies', async function () {
    this.timeout(60_000);
    const url = await server.createDatabase();
    const store = await openPostgresStore(url, { statementMs: 2_000, connectMs: 2_000 });
    const tokens = createLocalTokens(join(folder.dir, 'tokens'));
    const failures: string[] = [];
    const api = await startApi(
      { host: '127.0.0.1', port: 0 },
      {
        store,
        reports: createInstanceReports(Date.now),
        authenticator: tokens,
        authorizer: localAuthorizer,
        namespaces: localNamespaces,
        keyFeed: loneKeyFeed(store),
        monotonic: () => performance.now(),
        now: Date.now,
        active: () => true,
        ready: () => true,
        metrics: async () => ({ contentType: 'text/plain', text: '' }),
        onUnexpected: (error) => failures.push(String(error)),
      },
    );
    const tokenFile = join(folder.dir, 'gateway-token');
    writeFileSync(tokenFile, tokens.gatewayToken('shop', 'default'));
    const client = createControlPlaneClient({ url: api.url, tokenFile });
    const spool = spoolAt(join(folder.dir, 'spool'), {
      delivered: true,
      limits: { segmentBytes: 64 * 1024 },
    });
    const delivery = startDelivery({
      ...{ spool, client, deadDir: join(folder.dir, 'dead'), logger: memoryLog() },
      ...{ random: Math.random, gatherMs: 5, maxPauseMs: 50 },
    });

    let serving = true;
    let served = 0;
    const requests = (async () => {
      for (; serving; served += 1) {
        const event = decision();
        await spool.begin(begin(event));
        await spool.end(event);
        await sleep(1);
      }
    })();
    const database = new URL(url).pathname.slice(1);
    for (let fault = 0; fault < 6; fault += 1) {
      const before = served;
      await eventually(() => served > before + 50, '50 requests');
      if (fault % 2 === 0) {
        await server.halt();
        await sleep(100);
        await server.start();
      } else {
        await server.admin(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}'`,
        );
      }
    }
    serving = false;
    await requests;
    await eventually(
      async () => (await store.countEvents({}).catch(() => -1)) === served,
      'the arrival of every event',
      20_000,
    );
    const { stream, nextSeq: size, head } = spool.stats;
    const stored = (await store.readStream(stream, 0, 100_000)).map(({ record }) => Buffer.from(record));
    expect(stored.map(String)).to.deep.equal((await linesOf(spool)).map((line) => line.record.toString()));
    expect(verifyLines(stored, { heads: [{ stream, size, head }] }).problems).to.deep.equal([]);
    expect(failures.filter((failure) => !failure.startsWith('StoreError: PostgreSQL at '))).to.deep.equal([]);
    await delivery.stop(0);
    await client.close();
    await spool.close();
    await api.close();
    await store.close();
  });
});
