import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createControlPlaneClient } from '../../gateway/events/control-plane-client.ts';
import { startDelivery } from '../../gateway/events/delivery.ts';
import { scanLines } from '../../gateway/events/line.ts';
import { verifyLines } from '../fakes/verify-lines.ts';
import { FakeControlPlane } from '../gateway/events/fake-control-plane.ts';
import { decision, memoryLog, segmentFiles, spoolAt, tempFolder } from '../gateway/events/fixtures.ts';

/**
 * Lines that became unreadable in a stream that was not the current one any more got no record of the loss, so the
 * stream verified as tampered with.
 */
describe('issue: a hole in an older stream of a spool', () => {
  const folder = tempFolder();
  const dir = join(folder.dir, 'spool');
  const server = new FakeControlPlane();
  const open = () => spoolAt(dir, { delivered: true, limits: { segmentBytes: 16 * 1024 } });

  after(async () => {
    await server.stop();
    folder.remove();
  });

  /** Writes two segments and more, makes a line of the first unreadable and all of the last. */
  async function breakStream(): Promise<{ stream: string; readable: number }> {
    const spool = open();
    for (let written = 0; written < 60; written += 1) await spool.end(decision());
    const { stream } = spool.stats;
    const readable = spool.segments.at(-1)!.first;
    await spool.close();
    const files = segmentFiles(dir);
    expect(files.length).to.be.greaterThan(2);
    const first = readFileSync(files[0]!);
    first[scanLines(first).lines.filter((line) => line.type === 'E')[5]!.start + 30]! ^= 1;
    writeFileSync(files[0]!, first);
    writeFileSync(files.at(-1)!, Buffer.from('nothing\nthat can be read\n'));
    return { stream, readable };
  }

  it('is on record in the stream that came after, once, and verifies as incomplete', async () => {
    const { stream, readable } = await breakStream();
    writeFileSync(join(folder.dir, 'token'), 'first\n');
    await server.start();
    for (let start = 0; start < 2; start += 1) {
      const spool = open();
      expect(spool.stats.stream).not.to.equal(stream);
      const client = createControlPlaneClient({ url: server.url, tokenFile: join(folder.dir, 'token') });
      const delivery = startDelivery({
        spool,
        client,
        deadDir: join(folder.dir, 'dead'),
        logger: memoryLog(),
        random: Math.random,
        gatherMs: 5,
        maxPauseMs: 40,
      });
      for (let wait = 0; wait < 1_500 && spool.stats.acked < spool.stats.nextSeq; wait += 1) await sleep(10);
      await sleep(50);
      await delivery.stop(1000);
      await client.close();
      await spool.close();
    }
    const older = server.records(stream);
    expect(older).to.have.length(readable - 1);
    const [newer] = [...server.streams.keys()].filter((other) => other !== stream);
    const records = [...older, ...server.records(newer!)].map((record) => Buffer.from(record));
    const gaps = records
      .map((record) => JSON.parse(record.toString()))
      .filter((one) => one.kind === 'stream.gap');
    expect(gaps.filter(({ of_stream, from_seq }) => of_stream === stream && from_seq === 5)).to.have.length(
      1,
    );
    expect(gaps.every(({ of_stream }) => of_stream === stream)).to.equal(true);
    const report = verifyLines(records);
    expect(report.problems.map(({ result, stream: of, seq }) => [result, of, seq])).to.deep.equal([
      ['incomplete', stream, 5],
    ]);
    expect(verifyLines(records.slice(0, older.length)).result).to.equal('tampered');
  });
});
