import { expect } from 'chai';
import fc from 'fast-check';
import { Malformed } from '../../../operator/kube/decode.ts';
import { readLines } from '../../../operator/kube/lines.ts';

/** Cuts bytes at the places given. */
async function* cut(bytes: Uint8Array, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  for (let i = 1; i < sorted.length; i++) yield bytes.subarray(sorted[i - 1], sorted[i]);
}

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

describe('lines of a stream', () => {
  it('are the same wherever the bytes are cut, within a character too', async () => {
    const line = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\n'));
    const places = fc.array(fc.nat(), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(fc.array(line), places, async (lines, at) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        expect(await all(readLines(cut(bytes, at)))).to.deep.equal(lines);
      }),
    );
  });

  it('leave out a last line that was not finished', async () => {
    expect(await all(readLines(cut(Buffer.from('{"a":1}\n{"b"'), [])))).to.deep.equal(['{"a":1}']);
  });

  it('may be long, but not without limit', async () => {
    const bytes = Buffer.from(`${'x'.repeat(100)}\n`);
    expect(await all(readLines(cut(bytes, [7, 50]), 100))).to.have.length(1);
    const tooLong = all(readLines(cut(bytes, [7, 50, 100]), 99));
    expect(await tooLong.catch((error: unknown) => error)).to.be.instanceOf(Malformed);
  });

  it('of many megabytes in small pieces take time in proportion to their length', async () => {
    const chunk = Buffer.alloc(16_384, 'x');
    async function* stream(chunks: number): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < chunks; i++) yield chunk;
      yield Buffer.from('\n');
    }
    const [line] = await all(readLines(stream(512)));
    expect(line).to.have.length(512 * 16_384);
  }).timeout(2000);
});
