import { expect } from 'chai';
import fc from 'fast-check';
import { Offsets } from '../../../gateway/pipeline/offsets.ts';

describe('offsets of a rewritten text', () => {
  it('are those of the text itself where nothing was replaced', () => {
    expect(new Offsets().inputAt(7)).to.equal(7);
  });

  it('count a place inside a replacement as behind what was replaced', () => {
    // "ab[xyz]cd" became "ab[12345]cd".
    const offsets = new Offsets();
    offsets.add(2, 5, 5);
    expect([0, 2, 3, 6, 7, 9].map((out) => offsets.inputAt(out))).to.deep.equal([0, 2, 5, 5, 5, 7]);
  });

  it('count what was deleted as done as soon as all before it is', () => {
    const offsets = new Offsets();
    offsets.add(2, 5, 0);
    expect([1, 2, 3].map((out) => offsets.inputAt(out))).to.deep.equal([1, 5, 6]);
  });

  it('are those of a map of every unit, for any replacements and any places asked for', () => {
    const part = fc.record({ kept: fc.nat(4), cut: fc.nat(3), put: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), fc.array(fc.nat(40)), (parts, asked) => {
        const offsets = new Offsets();
        // For each place of the output, the furthest place of the input that it stands for.
        const map = [0];
        let at = 0;
        for (const { kept, cut, put } of parts) {
          for (let n = 0; n < kept; n += 1) map.push(at + n + 1);
          at += kept;
          offsets.add(at, at + cut, put);
          at += cut;
          if (put === 0) map[map.length - 1] = at;
          for (let n = 0; n < put; n += 1) map.push(at);
        }
        for (const out of asked.map((n) => n % map.length).sort((a, b) => a - b)) {
          expect(offsets.inputAt(out)).to.equal(map[out]);
        }
      }),
    );
  });
});
