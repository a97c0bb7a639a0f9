import { expect } from 'chai';
import fc from 'fast-check';
import { scanString } from '../../../gateway/json/literal.ts';
import { StringEnds } from '../../../gateway/json/string-ends.ts';

describe('ends of string literals', () => {
  it('are where a loop over the characters finds them, one literal after another', () => {
    const text = fc.string({ unit: fc.constantFrom(...'""\\\\unx0aF \n\u0000é\ud800'), maxLength: 40 });
    fc.assert(
      fc.property(text, (given) => {
        const ends = new StringEnds(given);
        for (let at = given.indexOf('"'); at >= 0; ) {
          const end = ends.of(at);
          expect(end).to.equal(scanString(given, at));
          at = given.indexOf('"', end === 0 ? at + 1 : end < 0 ? ~end : end);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it('pass over a text once, however many literals it has', () => {
    const text = `[${'"\\n",'.repeat(200_000)}"\\`;
    const ends = new StringEnds(text);
    const from = performance.now();
    let right = 0;
    for (let at = 1; at < 1_000_000; at += 5) if (ends.of(at) === ~(at + 4)) right += 1;
    expect(right).to.equal(200_000);
    expect(performance.now() - from).to.be.below(1_000);
  });
});
