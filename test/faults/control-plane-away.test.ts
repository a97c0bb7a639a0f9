import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ApiProcess } from '../fakes/api-process.ts';
import { ask } from '../fakes/gateway.ts';
import { runKt } from '../fakes/io.ts';
import { Load, type LoadResult } from '../fakes/load.ts';
import { documentOf, LoneGateway, type RecordedEvent } from '../fakes/lone-gateway.ts';
import { completion, FakeUpstream, json } from '../fakes/upstream.ts';

/**
 * An outage of a minute under 25 requests/s leaves 1,500 events to be shipped later, in two batches. 200 requests/s
 * leave as many in 8 s. All that a longer one adds is further tries in vain, at most 30 s apart, each like the others.
 */
const AWAY_MS = 8_000;
const PER_SECOND = 200;
/** Longest pause between two tries, and time to ship. */
const CAUGHT_UP_MS = 40_000;

async function until(what: string, done: () => Promise<boolean>, ms: number): Promise<void> {
  for (const end = Date.now() + ms; !(await done()); ) {
    if (Date.now() > end) expect.fail(`not within ${ms} ms: ${what}`);
    await sleep(20);
  }
}

describe('a control plane that goes away while requests go on', function () {
  this.timeout(120_000);
  let api: ApiProcess;
  let gateway: LoneGateway;
  let upstream: FakeUpstream;
  let sent: LoadResult[];
  let running: Load | undefined;

  beforeEach(async () => {
    sent = [];
    upstream = await FakeUpstream.start(json(200, completion('An answer.')));
    api = await ApiProcess.create();
    gateway = new LoneGateway();
    gateway.folder.write('control-plane-token', api.tokens.gatewayToken('default', 'local'));
    gateway.configure(
      documentOf(upstream.url, gateway, {
        control_plane: { url: api.url, token_file: gateway.folder.file('control-plane-token') },
      }),
    );
    await api.start();
    await gateway.start();
  });
  afterEach(async () => {
    // A test that failed left it running, and mocha with it.
    const left = running?.stop();
    running = undefined;
    await gateway.remove();
    await left;
    await api.remove();
    await upstream.close();
  });

  function load(prefix: string): Load {
    running = new Load({
      perSecond: PER_SECOND,
      prefix,
      send: (id) => gateway.chat(ask('x'), { 'x-request-id': id }),
    });
    return running;
  }

  /** Every request was answered, and the store holds one event for each, in a chain up to the gateway's own head. */
  async function expectWhole(): Promise<void> {
    expect(sent.filter(({ status, text }) => status !== 200 || text === null)).to.deep.equal([]);
    await until('all events are stored', async () => (await api.count()) >= sent.length, CAUGHT_UP_MS);
    const events = await api.events<RecordedEvent>();
    expect(events.map(({ id }) => id).sort()).to.deep.equal(sent.map(({ eventId }) => eventId).sort());
    expect(events.map(({ request_id }) => request_id).sort()).to.deep.equal(sent.map(({ id }) => id).sort());
    const own = await runKt(['events', 'verify', gateway.spoolDir, '--allow-unanchored', '--format', 'json']);
    expect(own.exitCode, own.out).to.equal(0);
    const { streams } = JSON.parse(own.out) as { streams: { size: number }[] };
    expect(streams).to.have.length(1);
    gateway.folder.write('heads.json', JSON.stringify(streams));
    const stored = await runKt([
      ...['events', 'verify', '--head', gateway.folder.file('heads.json'), '--format', 'json'],
      ...['--api-url', api.url, '--api-token', api.tokens.personToken],
    ]);
    expect(stored.exitCode, stored.out).to.equal(0);
  }

  it('check 64: 100 requests while the API is stopped are 100 unique events once it is back', async () => {
    await api.kill();
    const burst = await Promise.all(
      Array.from({ length: 100 }, async (_, index): Promise<LoadResult> => {
        const id = `away-${index}`;
        const answer = await gateway.chat(ask('x'), { 'x-request-id': id });
        const eventId = answer.headers.get('x-keeptrusts-event-id');
        return { id, stream: false, status: answer.status, eventId, text: await answer.text() };
      }),
    );
    sent.push(...burst);
    await api.start();
    await expectWhole();
  });

  it(`loses and doubles nothing over an outage under ${PER_SECOND} requests a second`, async () => {
    const running = load('outage');
    await until('the first events arrive', async () => (await api.count()) > 100, 30_000);
    await api.kill();
    await sleep(AWAY_MS);
    const backlog = async (): Promise<number> => {
      const health = (await (await fetch(`${gateway.adminUrl}/health`)).json()) as {
        status: string;
        events: { backlog: number };
      };
      expect(health.status, 'a lost control plane makes no gateway unready').to.not.equal('unhealthy');
      return health.events.backlog;
    };
    await until('1,000 events wait', async () => (await backlog()) > 1_000, 30_000);
    await api.start();
    await sleep(500);
    sent = await running.stop();
    await expectWhole();
  });

  it('loses and doubles nothing when it is killed again and again while it takes batches', async () => {
    const running = load('killed');
    for (let round = 0; round < 5; round += 1) {
      const before = await api.count();
      await until('further events arrive', async () => (await api.count()) > before, 30_000);
      // A batch travels every 250 ms: the kill falls before, in or after one.
      await sleep(Math.random() * 300);
      await api.kill();
      await sleep(100);
      await api.start();
    }
    sent = await running.stop();
    await expectWhole();
  });
});
