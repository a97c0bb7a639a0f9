import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import {
  type ControlPlaneClient,
  createControlPlaneClient,
} from '../../gateway/events/control-plane-client.ts';
import { type Delivery, startDelivery } from '../../gateway/events/delivery.ts';
import { scanLines } from '../../gateway/events/line.ts';
import type { Spool } from '../../gateway/events/spool.ts';
import { localAuthorizer } from '../../operator/api/access.ts';
import { createLocalTokens } from '../../operator/api/auth.ts';
import { localNamespaces } from '../../operator/api/namespaces.ts';
import { type RunningApi, startApi } from '../../operator/api/server.ts';
import { createInstanceReports } from '../../operator/domain/instance-reports.ts';
import { openSqliteStore } from '../../operator/store/sqlite/store.ts';
import type { Store } from '../../operator/store/store.ts';
import { loneKeyFeed } from '../fakes/key-feed.ts';
import { verifyLines } from '../fakes/verify-lines.ts';
import {
  begin,
  decision,
  linesOf,
  memoryLog,
  segmentFiles,
  spoolAt,
  tempFolder,
} from '../gateway/events/fixtures.ts';

async function until(what: string, done: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await done())) {
    if (Date.now() > end) expect.fail(`not within 10 s: ${what}`);
    await sleep(10);
  }
}

describe('events from a gateway’s spool to the control plane’s store', () => {
  let folder: ReturnType<typeof tempFolder>;
  let spool: Spool;
  let store: Store;
  let api: RunningApi | null = null;
  let port = 0;
  let client: ControlPlaneClient;
  let delivery: Delivery;
  const unexpected: unknown[] = [];

  async function startControlPlane(): Promise<void> {
    store = await openSqliteStore(join(folder.dir, 'events.db'));
    api = await startApi(
      { host: '127.0.0.1', port },
      {
        store,
        reports: createInstanceReports(Date.now),
        authenticator: createLocalTokens(join(folder.dir, 'tokens')),
        authorizer: localAuthorizer,
        namespaces: localNamespaces,
        keyFeed: loneKeyFeed(store),
        monotonic: () => performance.now(),
        now: Date.now,
        active: () => true,
        ready: () => true,
        metrics: async () => ({ contentType: 'text/plain', text: '' }),
        onUnexpected: (error) => unexpected.push(error),
      },
    );
    port = Number(new URL(api.url).port);
  }
  async function stopControlPlane(): Promise<void> {
    await api?.close();
    if (api !== null) await store.close();
    api = null;
  }
  function startGateway(): void {
    spool = spoolAt(join(folder.dir, 'spool'), { delivered: true, limits: { segmentBytes: 64 * 1024 } });
    client = createControlPlaneClient({
      url: `http://127.0.0.1:${port}`,
      tokenFile: join(folder.dir, 'gateway-token'),
    });
    delivery = startDelivery({
      spool,
      client,
      deadDir: join(folder.dir, 'dead'),
      logger: memoryLog(),
      random: Math.random,
      gatherMs: 10,
      maxPauseMs: 50,
    });
  }
  async function stopGateway(): Promise<void> {
    await delivery.stop(0);
    await client.close();
    await spool.close();
  }
  async function requests(count: number): Promise<void> {
    for (let done = 0; done < count; done += 1) {
      const event = decision();
      await spool.begin(begin(event));
      await spool.end(event);
    }
  }
  const stored = async (): Promise<Buffer[]> =>
    (await store.readStream(spool.stats.stream, 0, 10_000)).map((event) => Buffer.from(event.record));

  beforeEach(async () => {
    folder = tempFolder();
    const tokens = createLocalTokens(join(folder.dir, 'tokens'));
    writeFileSync(join(folder.dir, 'gateway-token'), tokens.gatewayToken('shop', 'default'));
    await startControlPlane();
    startGateway();
  });
  afterEach(async () => {
    await stopGateway();
    await stopControlPlane();
    folder.remove();
    port = 0;
    expect(unexpected).to.deep.equal([]);
  });

  it('check 64: an outage loses nothing and doubles nothing, and the stored chain verifies', async function () {
    this.timeout(30_000);
    await requests(20);
    await until('the first events', async () => (await store.countEvents({})) === 20);
    await stopControlPlane();
    await requests(100);
    await stopGateway();
    startGateway();
    await requests(30);
    await until('the outage is noticed', () => delivery.stats.failure !== null);
    await startControlPlane();
    await until('all are stored', async () => (await store.countEvents({})) === 150);
    const mine = (await linesOf(spool)).map((line) => line.record.toString());
    expect((await stored()).map(String)).to.deep.equal(mine);
    const { stream, nextSeq: size, head } = spool.stats;
    expect(verifyLines(await stored(), { heads: [{ stream, size, head }] }).problems).to.deep.equal([]);
    const [kept] = await store.listStreams();
    expect(kept).to.include({ stream, size, head });
  });

  it('an unreadable line is a recorded hole in the store, and the rest arrives', async () => {
    await stopControlPlane();
    await requests(40);
    await delivery.stop(0);
    const [first] = segmentFiles(join(folder.dir, 'spool'));
    const data = readFileSync(first!);
    const hole = scanLines(data).lines.filter((line) => line.type === 'E')[3]!;
    data[hole.start + 40]! ^= 4;
    writeFileSync(first!, data);
    await startControlPlane();
    await client.close();
    await spool.close();
    startGateway();
    await until('the rest is stored', async () => (await store.countEvents({})) === 39);
    await until('all is acked', () => delivery.stats.backlog === 0);
    const problems = verifyLines(await stored()).problems.map(({ result, seq }) => [result, seq]);
    expect(problems).to.deep.equal([['incomplete', 3]]);
  });
});
