import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import {
  type ControlPlaneClient,
  createControlPlaneClient,
} from '../../../gateway/events/control-plane-client.ts';
import { type Delivery, startDelivery } from '../../../gateway/events/delivery.ts';
import { scanLines } from '../../../gateway/events/line.ts';
import { type Reporter, startReporter } from '../../../gateway/events/report.ts';
import type { Spool } from '../../../gateway/events/spool.ts';
import { verifyLines } from '../../fakes/verify-lines.ts';
import { FakeControlPlane, type Trouble } from './fake-control-plane.ts';
import { begin, decision, linesOf, memoryLog, segmentFiles, spoolAt, tempFolder } from './fixtures.ts';

async function until(what: string, done: () => boolean, ms = 8000): Promise<void> {
  const end = Date.now() + ms;
  while (!done()) {
    if (Date.now() > end) expect.fail(`not within ${ms} ms: ${what}`);
    await sleep(5);
  }
}

describe('delivery', () => {
  let folder: ReturnType<typeof tempFolder>;
  let server: FakeControlPlane;
  let spool: Spool;
  let client: ControlPlaneClient;
  let delivery: Delivery;
  let log: ReturnType<typeof memoryLog>;

  const openSpool = (): Spool =>
    spoolAt(join(folder.dir, 'spool'), { delivered: true, limits: { segmentBytes: 32 * 1024 } });
  function ship(gatherMs = 5): void {
    client = createControlPlaneClient({ url: server.url, tokenFile: join(folder.dir, 'token') });
    delivery = startDelivery({
      spool,
      client,
      deadDir: join(folder.dir, 'dead'),
      logger: log,
      random: Math.random,
      gatherMs,
      maxPauseMs: 40,
    });
  }
  async function stop(): Promise<void> {
    await delivery.stop(0);
    await client.close();
    await spool.close();
  }
  const write = async (count: number): Promise<void> => {
    for (let done = 0; done < count; done += 1) await spool.end(decision());
  };
  /** What the server has of the current stream equals the spool's lines, to the byte. */
  async function expectAll(): Promise<void> {
    const { stream, nextSeq } = spool.stats;
    await until('all is acked', () => spool.stats.acked === nextSeq);
    const mine = (await linesOf(spool)).filter((line) => line.stream === stream);
    const theirs = server.records(stream);
    expect(theirs.length).to.equal(nextSeq);
    expect(theirs.slice(-mine.length)).to.deep.equal(mine.map((line) => line.record.toString()));
    expect(verifyLines(theirs.map((line) => Buffer.from(line))).result).to.equal('not_anchored');
  }

  beforeEach(async () => {
    folder = tempFolder();
    log = memoryLog();
    writeFileSync(join(folder.dir, 'token'), 'first\n');
    server = new FakeControlPlane();
    await server.start();
    spool = openSpool();
  });
  afterEach(async () => {
    await stop();
    await server.stop();
    folder.remove();
  });

  it('check 64: a control plane that is away and comes back has 100 unique events of 100 requests', async () => {
    ship();
    await until('the first record', () => spool.stats.acked === 1);
    await server.stop();
    for (let count = 0; count < 100; count += 1) {
      const event = decision();
      await spool.begin(begin(event));
      await spool.end(event);
    }
    await until('a failure', () => delivery.stats.failure !== null);
    expect(delivery.stats.backlog).to.equal(100);
    await server.start();
    await expectAll();
    const ids = server.records(spool.stats.stream).map((record) => JSON.parse(record).id);
    expect(new Set(ids).size).to.equal(101);
    await until('no failure', () => delivery.stats.failure === null);
    expect(delivery.stats).to.deep.equal({ backlog: 0, dead: 0, forked: [], failure: null });
  });

  it('gathers what comes while it ships: steady requests do not each cost a batch', async () => {
    ship(100);
    await until('the first record', () => spool.stats.acked === 1);
    const before = server.batches;
    const begun = performance.now();
    for (let count = 0; count < 100; count += 1) {
      await spool.end(decision());
      await sleep(2);
    }
    await expectAll();
    const most = Math.ceil((performance.now() - begun) / 100) + 1;
    expect(server.batches - before).to.be.within(1, most);
  });

  it('loses and doubles nothing through hang-ups, lost answers, 500 and 429', async function () {
    this.timeout(20_000);
    const troubles: Trouble[] = [
      'drop',
      'store-and-drop',
      'error-500',
      'busy-429',
      'none',
      'none',
      'store-and-drop',
    ];
    server.trouble = () => troubles[Math.floor(Math.random() * troubles.length)]!;
    ship();
    for (let round = 0; round < 30; round += 1) {
      await write(20);
      await sleep(3);
    }
    await expectAll();
    expect(server.mostInFlight).to.equal(1);
  });

  it('goes on at the mark after a restart of the gateway, also when the mark file is lost', async () => {
    ship();
    await write(50);
    await expectAll();
    await stop();
    writeFileSync(join(folder.dir, 'spool', 'acks.json'), '{"torn');
    spool = openSpool();
    ship();
    await write(5);
    await expectAll();
    expect(spool.stats.nextSeq).to.equal(56);
  });

  it('sends again what a restored control plane has lost', async () => {
    ship();
    await write(40);
    await expectAll();
    const { stream } = spool.stats;
    const stored = server.streams.get(stream)!;
    for (let seq = 10; seq < 41; seq += 1) stored.delete(seq);
    server.next.set(stream, 10);
    await write(1);
    await expectAll();
  });

  it('puts a poison record aside by its seq, and ships the others', async () => {
    server.poison = (record) => record.includes('"reason":"poison"');
    await write(7);
    await spool.end(decision({ reason: 'poison' }));
    await write(20);
    ship();
    // 29 records and the one that says what is missing.
    await until('the end', () => server.next.get(spool.stats.stream) === 30);
    expect(server.records(spool.stats.stream).length).to.equal(29);
    const theirs = server.records(spool.stats.stream).map((record) => Buffer.from(record));
    expect(verifyLines(theirs).problems.map(({ result, seq }) => [result, seq])).to.deep.equal([
      ['incomplete', 8],
    ]);
    expect(server.lost).to.deep.equal([{ stream: spool.stats.stream, from: 8, to: 8 }]);
    expect(delivery.stats.dead).to.equal(1);
  });

  it('ships past lines that became unreadable, says so once, and verifies as incomplete', async () => {
    await write(60);
    expect(spool.stats.segments).to.be.greaterThan(2);
    const [first] = segmentFiles(join(folder.dir, 'spool'));
    const data = readFileSync(first!);
    const hole = scanLines(data).lines.filter((line) => line.type === 'E')[5]!;
    data[hole.start + 30]! ^= 1;
    writeFileSync(first!, data);
    ship();
    await until('the end', () => server.next.get(spool.stats.stream) === 62);
    expect(server.lost).to.deep.equal([{ stream: spool.stats.stream, from: 5, to: 5 }]);
    await stop();
    spool = openSpool();
    ship();
    await write(1);
    await until('the end', () => server.next.get(spool.stats.stream) === 63);
    const theirs = server.records(spool.stats.stream).map((record) => Buffer.from(record));
    expect(theirs.filter((record) => record.includes('stream.gap'))).to.have.length(1);
    expect(verifyLines(theirs).problems.map(({ result, seq }) => [result, seq])).to.deep.equal([
      ['incomplete', 5],
    ]);
  });

  it('finds two poison records by halves where the answer does not name them', async () => {
    server.poison = (record) => record.includes('"reason":"poison"');
    server.namesPoison = false;
    await write(30);
    await spool.end(decision({ reason: 'poison' }));
    await write(13);
    await spool.end(decision({ reason: 'poison' }));
    await write(20);
    ship();
    await until('the end', () => server.next.get(spool.stats.stream) === 68);
    expect(server.records(spool.stats.stream).length).to.equal(66);
    expect(delivery.stats.dead).to.equal(2);
    expect(server.batches).to.be.lessThan(40);
  });

  it('alarms on a fork, overwrites nothing, and goes on in a new stream', async () => {
    const { stream } = spool.stats;
    await write(3);
    server.streams.set(stream, new Map([[0, 'another history']]));
    server.next.set(stream, 2);
    ship();
    await until('the alarm', () => delivery.stats.forked.length === 1);
    expect(server.records(stream)).to.deep.equal(['another history']);
    expect(log.lines.some((line) => line.level === 'error')).to.equal(true);
    expect(spool.stats.stream).to.not.equal(stream);
    await write(2);
    await expectAll();
    const [opened] = server.records(spool.stats.stream);
    expect(JSON.parse(opened!)).to.include({ kind: 'stream.opened', after: stream });
    await stop();
    spool = openSpool();
    ship();
    await write(1);
    await expectAll();
    expect(spool.stats.nextSeq).to.equal(4);
  });

  it('takes a server that has more of a stream than the spool for a fork', async () => {
    const { stream } = spool.stats;
    await write(3);
    server.next.set(stream, 9);
    server.streams.set(stream, new Map());
    ship();
    // The repeated batch is acked as far as the server has gone, which is beyond the spool.
    await until('the alarm', () => delivery.stats.forked.length === 1);
    await write(1);
    await expectAll();
  });

  it('reads the token again when its file changes', async () => {
    ship();
    await write(1);
    await expectAll();
    await sleep(20);
    writeFileSync(join(folder.dir, 'token'), 'second\n');
    await write(1);
    await expectAll();
    expect([...server.authorizations]).to.deep.equal(['Bearer first', 'Bearer second']);
  });

  it('takes the new token of a projected volume, whose folder is swapped', async () => {
    const at = (name: string): string => join(folder.dir, name);
    const project = (folder: string, token: string): void => {
      mkdirSync(at(folder));
      writeFileSync(join(at(folder), 'token'), token);
      // As files that are written in one tick of the kernel's clock.
      utimesSync(join(at(folder), 'token'), 1_700_000_000, 1_700_000_000);
      symlinkSync(folder, at('..data_tmp'));
      renameSync(at('..data_tmp'), at('..data'));
    };
    rmSync(at('token'));
    project('..one', 'first');
    symlinkSync('..data/token', at('token'));
    ship();
    await write(1);
    await expectAll();
    project('..two', 'second');
    await write(1);
    await expectAll();
    rmSync(at('..data'));
    await write(1);
    await until('the failure', () => delivery.stats.failure === 'ENOENT');
    project('..three', 'third');
    await expectAll();
    expect([...server.authorizations]).to.deep.equal(
      ['first', 'second', 'third'].map((one) => `Bearer ${one}`),
    );
  });

  for (const [trouble, why] of [
    ['refused-401', '401: unauthenticated'],
    ['foreign-403', '403: foreign_record'],
    ['unchecked-503', '503: access_not_checked'],
  ] as const)
    it(`gives up no event for ${why}, says so once, and delivers when the token is taken`, async () => {
      server.trouble = () => trouble;
      ship();
      await write(30);
      await until('some tries', () => server.batches >= 4);
      expect(delivery.stats).to.deep.include({ failure: why, dead: 0, forked: [] });
      expect(delivery.stats.backlog).to.equal(spool.stats.nextSeq);
      const told = log.lines.filter(({ fields }) => 'reason' in fields && fields.reason === why);
      expect(told).to.have.length(1);
      writeFileSync(join(folder.dir, 'token'), 'renewed');
      server.trouble = () => 'none';
      await expectAll();
      await until('the end of the failure', () => delivery.stats.failure === null);
    });

  it('ships what is left when it stops, and gives up in time', async () => {
    ship();
    await write(200);
    await delivery.stop(5000);
    expect(spool.stats.acked).to.equal(201);
    await client.close();
    ship();
    await server.stop();
    await write(1);
    const from = Date.now();
    await delivery.stop(300);
    expect(Date.now() - from).to.be.within(0, 1500);
    expect(delivery.stats.backlog).to.equal(1);
  });

  it('goes on trying while it stops until the control plane is back', async () => {
    ship();
    await server.stop();
    await write(20);
    const stopped = delivery.stop(30_000);
    await sleep(1_000);
    await server.start();
    await stopped;
    expect(delivery.stats.backlog).to.equal(0);
  });

  it('gives up a token that is refused while it stops, and says how much is left', async () => {
    server.trouble = () => 'refused-401';
    ship();
    await write(20);
    const from = performance.now();
    await delivery.stop(60_000);
    expect(performance.now() - from).to.be.within(5_000, 15_000);
    const { backlog } = delivery.stats;
    expect(backlog).to.equal(21);
    expect(log.lines.map(({ fields }) => fields)).to.deep.include({ backlog });
  });

  it('reports the instance at once, on demand and last as unready', async () => {
    ship();
    const reporter: Reporter = startReporter({
      client,
      namespace: 'shop',
      gateway: 'default',
      instance: 'pod-1',
      logger: log,
      describe: () => ({
        contract: 1,
        version: '0.1.0',
        ready: true,
        unready: null,
        revision: { number: 3, hash: 'sha256:aa' },
        rejected: null,
        targets: [],
        backlog: delivery.stats.backlog,
        stream: spool.stats.stream,
        next_seq: spool.stats.nextSeq,
        spool_bytes: spool.stats.bytes,
        dropped: spool.stats.dropped,
      }),
    });
    await until('a report', () => server.reports.length === 1);
    reporter.now();
    await until('another', () => server.reports.length === 2);
    await reporter.stop();
    expect(server.reports.map((report) => report.body['ready'])).to.deep.equal([true, true, false]);
    expect(server.reports[0]!.path).to.equal('/v1/gateways/shop/default/instances/pod-1');
  });
});
