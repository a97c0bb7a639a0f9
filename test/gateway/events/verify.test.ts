import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { hashText, leafHash } from '../../../gateway/contract/evidence.ts';
import { LineVerifier } from '../../../gateway/contract/verify-lines.ts';
import { scanLines, writeLine } from '../../../gateway/events/line.ts';
import { verifyPath } from '../../../gateway/events/verify.ts';
import { verifyLines } from '../../fakes/verify-lines.ts';
import { decision, linesOf, segmentFiles, spoolAt, tempFolder } from './fixtures.ts';

describe('verification of events', () => {
  let folder: ReturnType<typeof tempFolder>;
  let records: Buffer[];
  let stream: string;
  let heads: { stream: string; size: number; head: string }[];
  before(async () => {
    folder = tempFolder();
    const spool = spoolAt(join(folder.dir, 'spool'), { limits: { segmentBytes: 8192 } });
    for (let count = 0; count < 30; count += 1) await spool.end(decision());
    records = (await linesOf(spool)).map((line) => line.record);
    const { stream: of, nextSeq: size, head } = spool.stats;
    stream = of;
    heads = [{ stream, size, head }];
    await spool.close();
  });
  after(() => folder.remove());

  const changed = (at: number, from: string, to: string): Buffer[] =>
    records.map((record, index) =>
      index === at ? Buffer.from(record.toString().replace(from, to)) : record,
    );
  const without = (...at: number[]): Buffer[] => records.filter((_, index) => !at.includes(index));

  it('passes against an outside head, and is only "not anchored" without one', async () => {
    expect(verifyLines(records, { heads })).to.include({ result: 'ok', exit: 0, records: 31 });
    expect(verifyLines(records)).to.include({ result: 'not_anchored', exit: 3 });
    expect(await verifyPath(join(folder.dir, 'spool'), { heads })).to.include({ exit: 0 });
    const file = join(folder.dir, 'events.jsonl');
    writeFileSync(file, records.map((record) => `${record}\n`).join(''));
    expect(await verifyPath(file, { heads })).to.include({ exit: 0, records: 31 });
  });

  it('check 66: names the row whose content was changed, in every place', () => {
    for (let seq = 0; seq < records.length; seq += 1) {
      const report = verifyLines(changed(seq, '"ts":"2026', '"ts":"2025'), { heads });
      expect(report.exit, `seq ${seq}`).to.equal(1);
      expect(report.problems[0]).to.include({ result: 'tampered', stream, seq });
    }
  });

  it('names the row whose link was changed', () => {
    const report = verifyLines(changed(9, '"prev_hash":"sha256:', '"prev_hash":"sha256:0'), { heads });
    expect(
      report.problems.filter((problem) => problem.result === 'tampered').map((p) => p.seq),
    ).to.deep.equal([9]);
  });

  it('sees one flipped bit anywhere in the middle', () => {
    for (let round = 0; round < 200; round += 1) {
      const seq = 1 + (round % 28);
      const copy = Buffer.from(records[seq]!);
      copy[(round * 131) % copy.length]! ^= 1 << (round % 8);
      const report = verifyLines(records.with(seq, copy), { heads });
      expect(report.exit, `round ${round}`).to.equal(1);
    }
  });

  it('a deleted, swapped or doubled row in the middle is tampering', () => {
    expect(verifyLines(without(7)).problems[0]).to.include({ result: 'tampered', seq: 7 });
    expect(verifyLines(records.with(5, records[6]!).with(6, records[5]!))).to.include({ exit: 1 });
    expect(verifyLines(records.toSpliced(8, 0, records[7]!)).problems[0]).to.include({
      result: 'tampered',
      seq: 7,
    });
  });

  it('a lost tail is incomplete, and only an outside head shows it', () => {
    const cut = records.slice(0, -1);
    expect(verifyLines(cut)).to.include({ exit: 3 });
    const report = verifyLines(cut, { heads });
    expect(report.exit).to.equal(2);
    expect(report.problems[0]).to.include({ result: 'incomplete', seq: 30 });
    expect(verifyLines([], { heads })).to.include({ exit: 2 });
  });

  it('deleted oldest rows are incomplete unless pruning is allowed', () => {
    expect(verifyLines(records.slice(4), { heads })).to.include({ exit: 2 });
    expect(verifyLines(records.slice(4), { heads, allowPruned: true })).to.include({ exit: 0 });
  });

  it('a tail behind the head counts, up to what is allowed', () => {
    const early = [{ stream, size: 28, head: hashText(leafHash(records[27]!)) }];
    expect(verifyLines(records, { heads: early })).to.include({ exit: 2 });
    expect(verifyLines(records, { heads: early, allowUnsealedTail: 3 })).to.include({ exit: 0 });
  });

  it('a rewritten history does not fit the head', () => {
    let prev = '';
    const rewritten = records.map((record) => {
      const text = record
        .toString()
        .replace('"team":"payments"', '"team":"someone"')
        .replace(/"prev_hash":"[^"]*"/, `"prev_hash":"${prev}"`);
      const bytes = Buffer.from(text);
      prev = hashText(leafHash(bytes));
      return bytes;
    });
    expect(verifyLines(rewritten)).to.include({ exit: 3 });
    const report = verifyLines(rewritten, { heads });
    expect(report.problems[0]).to.include({ result: 'tampered', seq: 30 });
  });

  it('refuses a key that stands twice, also with escapes', () => {
    for (const twice of ['"status":500', '"sta\\u0074us":500']) {
      const [record] = changed(3, '"verdict"', `${twice},"verdict"`).slice(3, 4);
      const report = verifyLines([record!], { allowPruned: true });
      expect(report.problems[0]!.message).to.match(/status.*twice/);
    }
  });

  it('a loss that the gateway recorded is incomplete, not tampering', () => {
    let prev = hashText(leafHash(records[10]!));
    const gap = { id: 'evt_x', kind: 'stream.gap', reason: 'corrupt', count: 2, from_seq: 11, to_seq: 12 };
    const after = [13, 14].map((seq) => {
      const body = seq === 14 ? gap : { kind: 'decision' };
      const record = Buffer.from(JSON.stringify({ schema: 1, stream, seq, prev_hash: prev, ...body }));
      prev = hashText(leafHash(record));
      return record;
    });
    const lines = [...records.slice(0, 11), ...after];
    expect(verifyLines(lines).problems).to.have.length(1);
    expect(verifyLines(lines).problems[0]).to.include({ result: 'incomplete', seq: 11 });
  });

  it('says what differs beside a record', () => {
    const verifier = new LineVerifier();
    verifier.add(records[0]!);
    verifier.add(records[1]!, (record) =>
      record['verdict'] === 'block' ? null : 'the column verdict differs',
    );
    expect(verifier.finish().problems[0]).to.include({
      result: 'tampered',
      seq: 1,
      message: 'the column verdict differs',
    });
  });

  it('sees a segment that was changed with its checksum mended, and one without', async () => {
    const [path] = segmentFiles(join(folder.dir, 'spool'));
    const data = readFileSync(path!);
    const target = scanLines(data).lines.filter((line) => line.type === 'E')[2]!;
    const text = data.toString('utf8', target.start, target.end).replace('"status":200', '"status":403');
    const mended = Buffer.from(data);
    writeLine(mended, target.start - 19, 'E', text);
    writeFileSync(path!, mended);
    expect((await verifyPath(join(folder.dir, 'spool'))).problems[0]).to.include({
      result: 'tampered',
      seq: 2,
    });
    const plain = Buffer.from(data);
    plain.write('4', plain.indexOf('"status":200', target.start) + 9);
    writeFileSync(path!, plain);
    expect((await verifyPath(join(folder.dir, 'spool'))).problems[0]).to.include({
      result: 'tampered',
      seq: 2,
    });
    writeFileSync(path!, data);
  });

  it('cannot verify what is not there, or of a later version', async () => {
    expect(await verifyPath(join(folder.dir, 'nothing'))).to.include({ exit: 4 });
    expect(verifyLines([])).to.include({ exit: 4 });
    expect(verifyLines([Buffer.from('{"schema":2,"stream":"x","seq":0}')])).to.include({ exit: 4 });
  });
});
