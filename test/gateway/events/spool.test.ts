import { copyFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkEvent } from '../../../gateway/contract/event-check.ts';
import { FILE_CALLS } from '../../../gateway/events/append-file.ts';
import { scanLines } from '../../../gateway/events/line.ts';
import type { Spool } from '../../../gateway/events/spool.ts';
import { verifyPath } from '../../../gateway/events/verify.ts';
import { verifyLines } from '../../fakes/verify-lines.ts';
import {
  begin,
  decision,
  eventsOf,
  linesOf,
  memoryLog,
  segmentFiles,
  spoolAt,
  tempFolder,
} from './fixtures.ts';

describe('spool', () => {
  let folder: ReturnType<typeof tempFolder>;
  const opened: Spool[] = [];
  const open = (...args: Parameters<typeof spoolAt>): Spool => {
    const spool = spoolAt(...args);
    opened.push(spool);
    return spool;
  };
  beforeEach(() => {
    folder = tempFolder();
  });
  afterEach(async () => {
    for (const spool of opened.splice(0)) await spool.close();
    folder.remove();
  });

  it('writes lines that fit the schema, chain, and name their place', async () => {
    const spool = open(folder.dir);
    const events = [
      decision(),
      decision({ verdict: 'block', status: 403, requested_model: 'é "\\ \u2028 😀' }),
    ];
    for (const event of events) {
      await spool.begin(begin(event));
      await spool.end(event);
    }
    const lines = await linesOf(spool);
    expect(lines.map((line) => checkEvent(line.record))).to.deep.equal([null, null, null]);
    const read = await eventsOf(spool);
    expect(read.map((event) => event.kind)).to.deep.equal(['stream.opened', 'decision', 'decision']);
    expect(read.map((event) => event.seq)).to.deep.equal([0, 1, 2]);
    expect(read[2]).to.deep.include({
      ...events[1],
      namespace: 'shop',
      gateway: 'default',
      instance: 'test',
    });
    const report = verifyLines(lines.map((line) => line.record));
    expect(report.result).to.equal('not_anchored');
    expect(report.streams[0]).to.include({ size: 3, head: spool.stats.head, first: 0 });
  });

  it('hands a turn’s lines over with one write, and resolves only after it', async () => {
    let writes = 0;
    const spool = open(folder.dir, {
      calls: {
        write: (fd, buffer, offset, length) => {
          writes += 1;
          return FILE_CALLS.write(fd, buffer, offset, length);
        },
        truncate: FILE_CALLS.truncate,
      },
    });
    const before = writes;
    const size = statSync(segmentFiles(folder.dir)[0]!).size;
    const done = Promise.all([1, 2, 3].map(async () => spool.end(decision())));
    expect(statSync(segmentFiles(folder.dir)[0]!).size).to.equal(size);
    await done;
    expect(writes - before).to.equal(1);
    expect(statSync(segmentFiles(folder.dir)[0]!).size).to.be.greaterThan(size + 3000);
  });

  it('goes on with the stream after a restart, and records interrupted requests once', async () => {
    let spool = open(folder.dir);
    const { stream } = spool.stats;
    const [answered, cut] = [decision(), decision()];
    await spool.begin(begin(answered));
    await spool.begin(begin(cut));
    await spool.end(answered);
    await spool.close();
    for (let restart = 0; restart < 3; restart += 1) {
      spool = open(folder.dir);
      expect(spool.stats).to.include({ stream, nextSeq: 3, open: 0 });
      await spool.close();
    }
    spool = open(folder.dir);
    const read = await eventsOf(spool);
    expect(read.map((event) => event.id).slice(1)).to.deep.equal([answered.id, cut.id]);
    expect(read[2]).to.include({ kind: 'interrupted', verdict: null, status: null, team: 'payments' });
    expect((await linesOf(spool)).map((line) => checkEvent(line.record))).to.deep.equal([null, null, null]);
  });

  it('carries requests without an end into the next segment', async () => {
    let spool = open(folder.dir, { limits: { segmentBytes: 4096 } });
    const long = decision();
    await spool.begin(begin(long));
    for (let count = 0; count < 20; count += 1) await spool.end(decision());
    expect(spool.stats.segments).to.be.greaterThan(3);
    await spool.close();
    spool = open(folder.dir);
    const interrupted = (await eventsOf(spool)).filter((event) => event.kind === 'interrupted');
    expect(interrupted.map((event) => event.id)).to.deep.equal([long.id]);
  });

  it('survives a crash while a segment begins', async () => {
    let spool = open(folder.dir);
    const cut = decision();
    await spool.begin(begin(cut));
    const { stream, nextSeq } = spool.stats;
    await spool.close();
    const header = readFileSync(segmentFiles(folder.dir)[0]!);
    const next = join(folder.dir, `${stream}-${String(nextSeq).padStart(12, '0')}.seg`);
    writeFileSync(next, header.subarray(0, 30));
    spool = open(folder.dir);
    expect(spool.stats).to.include({ stream, nextSeq: nextSeq + 1, segments: 1 });
    expect((await eventsOf(spool)).at(-1)).to.include({ kind: 'interrupted', id: cut.id });
  });

  it('recovers from a last line that was cut at any byte, twice', async () => {
    const first = open(folder.dir);
    const [kept, torn] = [decision(), decision()];
    await first.begin(begin(kept));
    await first.end(kept);
    await first.begin(begin(torn));
    const before = first.stats.bytes;
    await first.end(torn);
    await first.close();
    const [whole] = segmentFiles(folder.dir);
    const size = statSync(whole!).size;
    const copy = join(folder.dir, 'copy');
    const step = Math.max(1, Math.floor((size - before) / 40));
    for (let cut = before; cut < size; cut += cut < before + 25 || cut > size - 8 ? 1 : step) {
      const dir = join(copy, String(cut));
      mkdirSync(dir, { recursive: true });
      const path = join(dir, whole!.split('/').at(-1)!);
      copyFileSync(whole!, path);
      truncateSync(path, cut);
      for (let start = 0; start < 2; start += 1) {
        const log = memoryLog();
        const spool = spoolAt(dir, { logger: log });
        const read = await eventsOf(spool);
        await spool.close();
        expect(read.map((event) => event.kind)).to.deep.equal(['stream.opened', 'decision', 'interrupted']);
        expect(read[2]!.id).to.equal(torn.id);
        expect(log.lines.filter((line) => line.level === 'error')).to.deep.equal([]);
      }
      expect((await verifyPath(dir)).result).to.equal('not_anchored');
    }
  });

  it('starts with flipped bytes anywhere, and counts what it cannot read', async function () {
    this.timeout(30_000);
    const first = open(folder.dir);
    const events = Array.from({ length: 12 }, () => decision());
    for (const event of events) {
      await first.begin(begin(event));
      await first.end(event);
    }
    await first.close();
    const [whole] = segmentFiles(folder.dir);
    const data = readFileSync(whole!);
    for (let round = 0; round < 80; round += 1) {
      const dir = join(folder.dir, `flip-${round}`);
      mkdirSync(dir);
      const broken = Buffer.from(data);
      const at = Math.floor((round / 80) * data.length) + (round % 7);
      broken[Math.min(at, data.length - 1)]! ^= 1 << (round % 8);
      writeFileSync(join(dir, whole!.split('/').at(-1)!), broken);
      for (let start = 0; start < 2; start += 1) {
        const spool = spoolAt(dir);
        const probe = decision();
        await spool.end(probe);
        const read = await eventsOf(spool);
        const ids = read.map((event) => event.id);
        await spool.close();
        expect(new Set(ids).size, `no event doubled, round ${round}`).to.equal(ids.length);
        expect(ids).to.include(probe.id);
        const present = events.filter((event) => ids.includes(event.id)).length;
        const counted = read
          .filter((event) => event.kind === 'stream.gap')
          .reduce((sum, event) => sum + Number(event['count']), 0);
        expect(present + counted, `round ${round}, byte ${at}`).to.be.at.least(events.length);
      }
      expect((await verifyPath(dir)).result).to.be.oneOf(['not_anchored', 'incomplete', 'tampered']);
    }
  });

  it('begins a new stream when the control plane has more of the old one', async () => {
    let spool = open(folder.dir);
    const old = spool.stats.stream;
    await spool.end(decision());
    await spool.ack(old, 9);
    await spool.close();
    spool = open(folder.dir);
    expect(spool.stats.stream).to.not.equal(old);
    await spool.end(decision());
    const read = await eventsOf(spool);
    expect(read.map((event) => [event.kind, event.seq])).to.deep.equal([
      ['stream.opened', 0],
      ['decision', 1],
      ['stream.opened', 0],
      ['decision', 1],
    ]);
    expect(read[2]!['after']).to.equal(old);
    const positions = (await linesOf(spool)).map((line) => line.position);
    expect(positions).to.deep.equal([0, 1, 2, 3]);
  });

  it('lets one process in', async () => {
    open(folder.dir);
    expect(() => spoolAt(folder.dir)).to.throw(/in use by another gateway/);
  });

  it('keeps its segments within the cap by age of events when nobody takes them', async () => {
    const spool = open(folder.dir, { limits: { maxBytes: 64 * 1024, segmentBytes: 8 * 1024 } });
    for (let count = 0; count < 300; count += 1) {
      spool.admit();
      await spool.end(decision());
      expect(spool.stats.bytes).to.be.lessThan(66 * 1024);
    }
    expect(spool.stats).to.include({ dropped: 0, full: false, nextSeq: 301 });
    const report = await verifyPath(folder.dir, { allowPruned: true });
    expect(report.result).to.equal('not_anchored');
    expect((await verifyPath(folder.dir)).result).to.equal('incomplete');
  });

  it('deletes old segments, one a minute, however the clock jumps', async () => {
    let now = Date.UTC(2026, 10, 24);
    const clock = (): number => now;
    const spool = open(folder.dir, { clock, limits: { segmentBytes: 4096 } });
    for (let count = 0; count < 40; count += 1) await spool.end(decision());
    const before = spool.stats.segments;
    now += 10 * 365 * 86_400_000;
    await spool.end(decision());
    expect(before - spool.stats.segments).to.be.at.most(1);
    now -= 20 * 365 * 86_400_000;
    await spool.end(decision());
    now += 30 * 365 * 86_400_000;
    await spool.end(decision());
    const report = await verifyPath(folder.dir, { allowPruned: true });
    expect(report).to.include({ result: 'not_anchored' });
    expect(report.streams[0]!.size).to.equal(44);
  });

  it('scans nothing but lines of its own', () => {
    const scan = scanLines(Buffer.from('nonsense\nmore\n'));
    expect(scan).to.deep.equal({ lines: [], bad: [{ from: 0, to: 14 }], validEnd: 0 });
  });
});
