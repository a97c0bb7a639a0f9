import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { INGEST_HEADERS } from '../../../gateway/contract/ingest.ts';
import type { ControlPlaneAnswer, ControlPlaneClient } from '../../../gateway/events/control-plane-client.ts';
import { type Delivery, startDelivery } from '../../../gateway/events/delivery.ts';
import { scanLines } from '../../../gateway/events/line.ts';
import type { Spool } from '../../../gateway/events/spool.ts';
import { eventually } from '../../fakes/folder.ts';
import { decision, memoryLog, spoolAt, tempFolder } from './fixtures.ts';

interface Sent {
  firstSeq: number;
  count: number;
  lostFrom: string | undefined;
  records: string[];
}

/** Far longer than a test may take: whoever waits for it has failed. */
const FOREVER_MS = 60_000;
const SOON_MS = 4_000;

describe('delivery, step by step', () => {
  let folder: ReturnType<typeof tempFolder>;
  let spool: Spool;
  let delivery: Delivery;
  let sent: Sent[];
  /** What the control plane says to a batch. */
  let answer: (batch: Sent) => ControlPlaneAnswer | Promise<ControlPlaneAnswer>;

  const stored = ({ firstSeq, count }: Sent): ControlPlaneAnswer => ({
    status: 200,
    retryAfter: null,
    body: { acked: firstSeq + count - 1 },
  });
  const refused: ControlPlaneAnswer = {
    status: 422,
    retryAfter: null,
    body: { error: { code: 'record_refused' } },
  };
  const client: ControlPlaneClient = {
    async send(_method, _path, body, headers, signal) {
      const batch = {
        firstSeq: Number(headers[INGEST_HEADERS.firstSeq]),
        count: Number(headers[INGEST_HEADERS.count]),
        lostFrom: headers[INGEST_HEADERS.lostFrom],
        records: String(body).split('\n').slice(0, -1),
      };
      sent.push(batch);
      const ended = new Promise<never>((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
      return Promise.race([answer(batch), ended]);
    },
    close: async () => {},
  };
  const write = async (count: number, reason = 'all_policies_passed'): Promise<void> => {
    for (let done = 0; done < count; done += 1) await spool.end(decision({ reason }));
  };
  const ship = (gatherMs: number): void => {
    const deadDir = join(folder.dir, 'dead');
    const logger = memoryLog();
    delivery = startDelivery({ spool, client, deadDir, logger, random: () => 0, gatherMs, maxPauseMs: 5 });
  };

  beforeEach(() => {
    folder = tempFolder();
    spool = spoolAt(join(folder.dir, 'spool'));
    [sent, answer] = [[], stored];
  });
  afterEach(async () => {
    await delivery.stop(0);
    await spool.close();
    folder.remove();
  });

  it('ships what is on the disk for good, and nothing while the disk does not say so', async () => {
    const order: string[] = [];
    const sync = spool.sync.bind(spool);
    let broken = true;
    spool.sync = async () => {
      order.push('sync');
      if (broken) throw Object.assign(new Error('the disk is broken'), { code: 'EIO' });
      await sync();
      order.push('synced');
    };
    answer = (batch) => {
      order.push('sent');
      return stored(batch);
    };
    await write(3);
    ship(5);
    await eventually(() => delivery.stats.failure === 'EIO', 'the failure', SOON_MS);
    expect([...new Set(order)], 'with a broken disk').to.deep.equal(['sync']);
    broken = false;
    order.length = 0;
    await eventually(() => spool.stats.acked === 4, 'the delivery', SOON_MS);
    expect(order).to.deep.equal(['sync', 'synced', 'sent']);
  });

  it('takes what its own age removed for no loss', async () => {
    await spool.close();
    const limits = { maxBytes: 64 * 1024, segmentBytes: 8 * 1024 };
    spool = spoolAt(join(folder.dir, 'spool'), { delivered: false, limits });
    await write(100);
    const { first } = spool.segments[0]!;
    expect(first).to.be.greaterThan(0);
    spool.delivered = true;
    ship(5);
    await eventually(() => spool.stats.acked === 101, 'the delivery', SOON_MS);
    expect(sent[0]).to.include({ firstSeq: first, lostFrom: '0' });
    // No record of a loss was added, nor is one among those that were there.
    expect(spool.stats.nextSeq).to.equal(101);
    const records = sent.flatMap((batch) => batch.records);
    expect(records.length).to.equal(101 - first);
    expect(records.filter((record) => record.includes('stream.gap'))).to.deep.equal([]);
  });

  it('puts on record what age removed behind what was delivered, while there was no control plane', async () => {
    await spool.close();
    const limits = { maxBytes: 64 * 1024, segmentBytes: 8 * 1024 };
    spool = spoolAt(join(folder.dir, 'spool'), { delivered: true, limits });
    await write(4);
    ship(5);
    await eventually(() => spool.stats.acked === 5, 'the first delivery', SOON_MS);
    await delivery.stop(0);
    spool.delivered = false;
    await write(100);
    const { first } = spool.segments[0]!;
    expect(first).to.be.greaterThan(5);
    spool.delivered = true;
    ship(5);
    await eventually(() => spool.stats.acked === spool.stats.nextSeq, 'the second delivery', SOON_MS);
    const records = sent.flatMap((batch) => batch.records).map((record) => JSON.parse(record));
    const [gap, ...others] = records.filter(({ kind }) => kind === 'stream.gap');
    expect(gap).to.include({ reason: 'deleted', count: first - 5, from_seq: 5, to_seq: first - 1 });
    expect(others).to.deep.equal([]);
  });

  it('gathers nothing while it looks for a record that was refused', async () => {
    await write(20);
    await write(1, 'poison');
    await write(20);
    answer = (batch) => (batch.records.some((record) => record.includes('poison')) ? refused : stored(batch));
    ship(FOREVER_MS);
    await eventually(() => delivery.stats.backlog === 0, 'the delivery', SOON_MS);
    expect(delivery.stats.dead).to.equal(1);
  });

  it('gathers nothing more once it is to stop, also where that was said while a batch was under way', async () => {
    let reply: (() => void) | null = null;
    answer = (batch) => new Promise((resolve) => (reply = () => resolve(stored(batch))));
    await write(3);
    ship(FOREVER_MS);
    await eventually(() => reply !== null, 'the first batch', SOON_MS);
    await write(2);
    const begun = performance.now();
    const stopped = delivery.stop(FOREVER_MS);
    answer = stored;
    reply!();
    await eventually(() => spool.stats.acked === 6, 'the delivery', SOON_MS);
    await stopped;
    expect(performance.now() - begun).to.be.lessThan(SOON_MS);
    expect(sent.map(({ firstSeq, count }) => [firstSeq, count])).to.deep.equal([
      [0, 4],
      [4, 2],
    ]);
  });

  it('goes on at once from an older stream to the current one', async () => {
    await write(3);
    spool.abandon(spool.stats.stream);
    await write(2);
    ship(FOREVER_MS);
    await eventually(() => delivery.stats.backlog === 0, 'the delivery', SOON_MS);
    expect(sent.map(({ firstSeq, count }) => [firstSeq, count])).to.deep.equal([
      [0, 4],
      [0, 3],
    ]);
  });

  it('ends at once where a stop comes while events gather', async () => {
    ship(FOREVER_MS);
    await eventually(() => spool.stats.acked === 1, 'the delivery', SOON_MS);
    await write(2);
    const begun = performance.now();
    await delivery.stop(FOREVER_MS);
    expect(performance.now() - begun).to.be.lessThan(SOON_MS);
    expect(spool.stats.acked).to.equal(3);
  });

  it('gives a batch up that has no answer when the time to stop is over', async () => {
    answer = () => new Promise(() => {});
    await write(1);
    ship(5);
    await eventually(() => sent.length === 1, 'the batch', SOON_MS);
    const begun = performance.now();
    await delivery.stop(30);
    expect(performance.now() - begun).to.be.lessThan(SOON_MS);
    expect(delivery.stats.backlog).to.equal(2);
  });

  it('tries at a steady pace while it is to stop, not as fast as it can', async () => {
    answer = () => ({ status: 503, retryAfter: null, body: null });
    await write(1);
    ship(5);
    await eventually(() => sent.length > 0, 'a try', SOON_MS);
    const before = sent.length;
    await delivery.stop(500);
    expect(sent.length - before).to.be.within(1, 4);
  });

  for (const [name, odd, why] of [
    ['stored, without how far', { status: 200, body: {} }, 'did not say what it stored'],
    ['a conflict, without the seq', { status: 409, body: {} }, 'without the expected seq'],
    [
      'a conflict about what was sent',
      { status: 409, body: { error: { expected: 0 } } },
      'does not go on at',
    ],
  ] as const)
    it(`takes no odd answer for a mark, and tries again: ${name}`, async () => {
      await write(2);
      answer = () => ({ ...odd, retryAfter: null });
      ship(5);
      await eventually(() => sent.length > 1, 'another try', SOON_MS);
      expect(delivery.stats.failure).to.contain(why);
      expect([spool.stats.acked, delivery.stats.backlog, ...delivery.stats.forked]).to.deep.equal([0, 3]);
      answer = stored;
      await eventually(() => spool.stats.acked === 3, 'the delivery', SOON_MS);
    });

  it('tries again where the control plane wants what is lost', async () => {
    await write(3);
    await spool.ack(spool.stats.stream, 1);
    const poison = (batch: Sent): boolean => batch.records.some((record) => record.includes('"seq":1,'));
    answer = (batch) => (poison(batch) ? refused : { status: 409, retryAfter: null, body: { expected: 1 } });
    ship(5);
    await eventually(() => delivery.stats.failure !== null, 'the failure', SOON_MS);
    expect(delivery.stats.failure).to.contain('does not go on at seq 2');
    expect(sent.at(-1)).to.include({ firstSeq: 2, lostFrom: '1' });
  });

  it('goes straight to the record that a refusal names, and puts it on record as refused', async () => {
    await write(40);
    const named = { ...refused, body: { error: { code: 'record_refused', seq: 25 } } };
    answer = (batch) => (batch.firstSeq <= 25 && batch.firstSeq + batch.count > 25 ? named : stored(batch));
    ship(5);
    await eventually(() => spool.stats.acked >= 42, 'the delivery', SOON_MS);
    expect(sent.slice(0, 4).map(({ firstSeq, count }) => [firstSeq, count])).to.deep.equal([
      [0, 41],
      [0, 25],
      [25, 16],
      [25, 1],
    ]);
    const gaps = sent.flatMap((batch) => batch.records.filter((record) => record.includes('stream.gap')));
    expect(gaps.map((gap) => JSON.parse(gap))).to.have.length(1);
    expect(JSON.parse(gaps[0]!)).to.include({ reason: 'refused', from_seq: 25, to_seq: 25 });
  });

  it('looks by halves where a refusal names a record that was not sent', async () => {
    await write(7);
    await write(1, 'poison');
    const wrong = { ...refused, body: { error: { code: 'record_refused', seq: 900 } } };
    answer = (batch) => (batch.records.some((record) => record.includes('poison')) ? wrong : stored(batch));
    ship(5);
    await eventually(() => delivery.stats.dead === 1, 'the find', SOON_MS);
    expect(sent.map(({ count }) => count)).to.include.members([9, 5]);
  });

  it('counts no backlog where the control plane has more than there is', async () => {
    await write(3);
    await spool.ack(spool.stats.stream, 9);
    ship(5);
    expect(delivery.stats.backlog).to.equal(0);
  });

  it('waits twice as long after each failure, 30 s at most, as long as is asked for, and small after a success', async () => {
    const pauses: number[] = [];
    const failed = { status: 503, retryAfter: null, body: null };
    const answers: ControlPlaneAnswer[] = [
      ...Array.from({ length: 9 }, () => failed),
      { ...failed, status: 429, retryAfter: 60 },
      { ...failed, status: 429, retryAfter: 1 },
      { ...failed, status: 429, retryAfter: 86_400 },
    ];
    answer = (batch) => answers.shift() ?? stored(batch);
    delivery = startDelivery({
      ...{ spool, client, deadDir: join(folder.dir, 'dead'), logger: memoryLog(), random: () => 1 },
      sleep: async (ms) => void pauses.push(ms),
    });
    await eventually(() => spool.stats.acked === 1, 'the delivery', SOON_MS);
    expect(pauses.splice(0, 12)).to.deep.equal([
      ...[300, 500, 900, 1_700, 3_300, 6_500, 12_900, 25_700, 30_100],
      ...[60_000, 30_100, 300_000],
    ]);
    answers.push(failed);
    await write(1);
    await eventually(() => spool.stats.acked === 2, 'the next', SOON_MS);
    expect(pauses.filter((ms) => ms !== 250)).to.deep.equal([300]);
  });

  it('goes on behind the end of the current stream where it became unreadable', async () => {
    await write(4);
    const { path } = spool.segments[0]!;
    const data = readFileSync(path);
    const [line] = scanLines(data)
      .lines.filter(({ type }) => type === 'E')
      .slice(-1);
    data[line!.start + 30]! ^= 1;
    writeFileSync(path, data);
    ship(5);
    await eventually(() => spool.stats.acked === 5, 'the end', SOON_MS);
    await write(1);
    await eventually(() => spool.stats.acked === 6, 'the next', SOON_MS);
    expect(sent.map(({ firstSeq, count }) => [firstSeq, count])).to.deep.equal([
      [0, 4],
      [5, 1],
    ]);
  });
});
