import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { GatewayError } from '../../../gateway/errors.ts';
import { FILE_CALLS, type FileCalls } from '../../../gateway/events/append-file.ts';
import { scanLines } from '../../../gateway/events/line.ts';
import type { Spool } from '../../../gateway/events/spool.ts';
import { verifyPath } from '../../../gateway/events/verify.ts';
import { begin, decision, eventsOf, memoryLog, segmentFiles, spoolAt, tempFolder } from './fixtures.ts';

/** A disk with so many bytes left: it writes short, then refuses. */
function disk(): FileCalls & { left: number; mostAtOnce: number } {
  const state = {
    left: Number.POSITIVE_INFINITY,
    mostAtOnce: Number.POSITIVE_INFINITY,
    write(fd: number, buffer: Buffer, offset: number, length: number): number {
      const bytes = Math.min(length, state.left, state.mostAtOnce);
      if (bytes === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      state.left -= bytes;
      return FILE_CALLS.write(fd, buffer, offset, bytes);
    },
    truncate: FILE_CALLS.truncate,
  };
  return state;
}

function isUnavailable(error: GatewayError): void {
  expect(error.code).to.equal('evidence_unavailable');
  expect(error.status).to.equal(503);
}

async function refused(promise: Promise<void> | void): Promise<void> {
  try {
    await promise;
  } catch (error) {
    return isUnavailable(error as GatewayError);
  }
  expect.fail('the spool took a line that it could not write');
}

describe('spool on a full disk', () => {
  let folder: ReturnType<typeof tempFolder>;
  let spool: Spool;
  let now: number;
  const clock = (): number => now;
  beforeEach(() => {
    folder = tempFolder();
    now = Date.UTC(2026, 10, 24);
  });
  afterEach(async () => {
    await spool.close();
    folder.remove();
  });

  it('finishes short writes', async () => {
    const calls = disk();
    spool = spoolAt(folder.dir, { calls });
    calls.mostAtOnce = 100;
    for (let count = 0; count < 5; count += 1) await spool.end(decision());
    expect((await verifyPath(folder.dir)).streams[0]!.size).to.equal(6);
  });

  it('block: refuses requests, leaves no torn line, and goes on when there is room', async () => {
    const calls = disk();
    const log = memoryLog();
    spool = spoolAt(folder.dir, { calls, clock, logger: log });
    const cut = decision();
    await spool.begin(begin(cut));
    calls.left = 700;
    await refused(spool.end(cut));
    const data = readFileSync(segmentFiles(folder.dir)[0]!);
    expect(scanLines(data).bad).to.deep.equal([]);
    expect(() => spool.admit())
      .to.throw()
      .with.property('code', 'evidence_unavailable');
    spool.end(decision({ kind: 'refused', status: 503, verdict: null, request_id: null }));
    calls.left = Number.POSITIVE_INFINITY;
    now += 1001;
    spool.admit();
    const next = decision();
    await spool.begin(begin(next));
    await spool.end(next);
    now += 1001;
    await spool.end(decision());
    const read = await eventsOf(spool);
    // The answer was withheld when its event found no room: it was interrupted.
    expect(read.filter((event) => event.id === cut.id).map((event) => event.kind)).to.deep.equal([
      'interrupted',
    ]);
    expect(read.filter((event) => event.id === next.id).map((event) => event.kind)).to.deep.equal([
      'decision',
    ]);
    const gaps = read.filter((event) => event.kind === 'stream.gap');
    expect(gaps.reduce((sum, gap) => sum + Number(gap['count']), 0)).to.equal(1);
    expect((await verifyPath(folder.dir)).result).to.equal('not_anchored');
    expect(log.lines.filter((line) => line.level === 'error').length).to.equal(1);
  });

  it('block: a request whose answer was withheld has one event, which says so', async () => {
    const calls = disk();
    spool = spoolAt(folder.dir, { calls, clock });
    const served = decision();
    const error = { code: 'evidence_unavailable', message: 'no room' };
    await spool.begin(begin(served));
    calls.left = 0;
    await refused(spool.end(served));
    await refused(spool.end({ ...served, status: 503, error }));
    calls.left = Number.POSITIVE_INFINITY;
    now += 1001;
    await spool.end(decision());
    const mine = (await eventsOf(spool)).filter((event) => event.id === served.id);
    expect(mine).to.have.length(1);
    expect(mine[0]).to.deep.include({ kind: 'decision', status: 503, error });
    expect(spool.stats).to.include({ open: 0, dropped: 0 });
  });

  it('drop: answers on, and the gap counts what is missing, to the event and the nano-dollar', async () => {
    const calls = disk();
    spool = spoolAt(folder.dir, { calls, clock, onFull: 'drop' });
    calls.left = 0;
    const missing = Array.from({ length: 30 }, (_, index) =>
      decision({ verdict: index % 3 === 0 ? 'block' : 'allow', cost_nanos: 10 + index }),
    );
    for (const event of missing) {
      spool.admit();
      await spool.begin(begin(event));
      await spool.end(event);
      now += 50;
    }
    calls.left = Number.POSITIVE_INFINITY;
    now += 2000;
    await spool.end(decision());
    now += 2000;
    await spool.end(decision());
    const read = await eventsOf(spool);
    const ids = new Set(read.map((event) => event.id));
    const absent = missing.filter((event) => !ids.has(event.id));
    const gaps = read.filter((event) => event.kind === 'stream.gap');
    const sum = (pick: (gap: Record<string, unknown>) => unknown): number =>
      gaps.reduce((total, gap) => total + Number(pick(gap) ?? 0), 0);
    expect(absent.length).to.be.greaterThan(20);
    expect(sum((gap) => gap['count'])).to.equal(absent.length);
    expect(sum((gap) => gap['cost_nanos'])).to.equal(
      absent.reduce((total, event) => total + event.cost_nanos!, 0),
    );
    expect(sum((gap) => (gap['by_verdict'] as Record<string, number>)['block'])).to.equal(
      absent.filter((event) => event.verdict === 'block').length,
    );
    expect(spool.stats.dropped).to.equal(absent.length);
  });

  it('block: refuses until the disk takes more than an event, and finds out without any request', async () => {
    const calls = disk();
    const log = memoryLog();
    spool = spoolAt(folder.dir, { calls, clock, logger: log });
    const [served, never] = [decision(), decision()];
    await spool.begin(begin(served));
    calls.left = 0;
    await refused(spool.begin(begin(never)));
    await refused(spool.end(served));
    await spool.end(decision({ kind: 'refused', status: 503, verdict: null, request_id: null }));
    const asked = (seconds: number): Set<boolean> => {
      const answers = new Set<boolean>();
      for (const end = now + seconds * 1000; now < end; now += 250) {
        answers.add(spool.refusing);
        answers.add(spool.stats.full);
      }
      return answers;
    };
    expect([...asked(10)]).to.deep.equal([true]);
    // Now and then somebody deletes a little: an event would find room, requests would not.
    for (let second = 0; second < 10; second += 1) {
      calls.left = 10_000;
      expect([...asked(1)]).to.deep.equal([true]);
    }
    calls.left = Number.POSITIVE_INFINITY;
    now += 1000;
    expect([spool.refusing, spool.stats.full]).to.deep.equal([false, false]);
    await new Promise(setImmediate);
    // What was owed is there: nobody had to come for it.
    const read = await eventsOf(spool);
    expect(read.map(({ kind }) => kind)).to.deep.equal(['stream.opened', 'interrupted', 'stream.gap']);
    expect(read[2]).to.deep.include({ reason: 'full', count: 1 });
    expect(readdirSync(folder.dir)).to.not.include('room');
    expect(log.lines.map(({ message }) => message)).to.deep.equal([
      'the spool cannot be written; treated as full',
      'the spool has room again',
    ]);
  });

  it('drop: refuses nobody, however full', async () => {
    const calls = disk();
    spool = spoolAt(folder.dir, { calls, clock, onFull: 'drop' });
    calls.left = 0;
    await spool.end(decision());
    expect([spool.stats.full, spool.refusing]).to.deep.equal([true, false]);
    spool.onFull = 'block';
    expect(spool.refusing).to.equal(true);
  });

  it('at its cap refuses new requests, still records those that have begun, and is freed by the ack', async () => {
    spool = spoolAt(folder.dir, {
      clock,
      delivered: true,
      limits: { maxBytes: 32 * 1024, segmentBytes: 4 * 1024 },
    });
    const late = decision();
    await spool.begin(begin(late));
    let taken = 0;
    for (; !spool.stats.full; taken += 1) {
      spool.admit();
      await spool.end(decision());
    }
    expect(() => spool.admit())
      .to.throw()
      .with.property('code', 'evidence_unavailable');
    await spool.end(late);
    expect((await eventsOf(spool)).at(-1)!.id).to.equal(late.id);
    expect(spool.stats.dropped).to.equal(0);
    await spool.ack(spool.stats.stream, spool.stats.nextSeq - 2);
    expect(spool.stats.full).to.equal(false);
    spool.admit();
    expect(taken).to.be.greaterThan(10);
  });

  it('keeps everything that the control plane lacks, however old', async () => {
    spool = spoolAt(folder.dir, { clock, delivered: true, limits: { segmentBytes: 4096 } });
    for (let count = 0; count < 30; count += 1) {
      await spool.end(decision());
      now += 86_400_000;
    }
    expect((await eventsOf(spool)).length).to.equal(31);
    await spool.ack(spool.stats.stream, 25);
    await spool.end(decision());
    expect((await eventsOf(spool)).at(-1)!.seq).to.equal(31);
    expect((await eventsOf(spool))[0]!.seq).to.be.lessThan(26);
  });
});
