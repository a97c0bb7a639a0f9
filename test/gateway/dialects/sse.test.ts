import { expect } from 'chai';
import fc from 'fast-check';
import { rewriteFrame, type SseFrame, SseReader } from '../../../gateway/dialects/sse.ts';

function readAll(bytes: Buffer, cuts: readonly number[]): SseFrame[] {
  const reader = new SseReader(1 << 16);
  const frames: SseFrame[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    frames.push(...reader.push(bytes.subarray(from, to)));
    from = to;
  }
  const last = reader.end();
  return last === null ? frames : [...frames, last];
}

/** Data of the events that have any, as a client would see them. */
function data(frames: readonly SseFrame[]): string[] {
  return frames.flatMap((frame) => (frame.data === null ? [] : [frame.data]));
}

describe('SSE reader', () => {
  it('reads every form of event', () => {
    const cases: [string, string[]][] = [
      ['data: a\n\ndata: b\n\n', ['a', 'b']],
      ['data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
      ['data: a\r\rdata: b\r\r', ['a', 'b']],
      ['\ufeffdata: a\n\n', ['a']],
      ['data:a\n\n', ['a']],
      ['data:  a\n\n', [' a']],
      ['data: a\ndata: b\n\n', ['a\nb']],
      ['data\ndata: b\n\n', ['\nb']],
      [': comment\n\nevent: x\nid: 1\nretry: 5\ndata: a\n\n', ['a']],
      ['database: x\ndat: y\n\n', []],
      ['data: a\n\n\n\n\ndata: b', ['a', 'b']],
      ['data: a', ['a']],
      ['', []],
    ];
    for (const [text, expected] of cases) {
      const bytes = Buffer.from(text);
      for (let cut = 0; cut <= bytes.length; cut++) {
        const frames = readAll(bytes, [cut]);
        expect(data(frames), `${JSON.stringify(text)} cut at ${cut}`).to.deep.equal(expected);
      }
    }
  });

  it('loses no byte and says the same for any cuts', () => {
    const piece = fc.constantFrom(
      'data: x',
      'data:',
      'é😀',
      ':',
      '\n',
      '\n\n',
      '\r',
      '\r\n',
      '\r\n\r\n',
      'event: e',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), fc.array(fc.nat(200)), (pieces, at) => {
        const bytes = Buffer.from(pieces.join(''));
        const cuts = at.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
        const frames = readAll(bytes, cuts);
        expect(Buffer.concat(frames.map((frame) => frame.raw)).equals(bytes)).to.equal(true);
        expect(data(frames)).to.deep.equal(data(readAll(bytes, [])));
      }),
      { numRuns: 2000 },
    );
  });

  it('writes other data into a frame', () => {
    const rewritten = (text: string, written: string): string =>
      rewriteFrame(readAll(Buffer.from(text), [])[0]!, written).toString();
    expect(rewritten(': c\r\nevent: x\r\ndata:{"a":1}\r\nid: 7\r\n\r\n', '{"a":2}')).to.equal(
      ': c\r\nevent: x\r\ndata:{"a":2}\r\nid: 7\r\n\r\n',
    );
    expect(rewritten('data: {\ndata: "a":1}\n\n', '{\n"a":2}')).to.equal('data: {\ndata: "a":2}\n\n');
  });
});
