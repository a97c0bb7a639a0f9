import { expect } from 'chai';
import fc from 'fast-check';
import { unescapeLenient, valueSpan } from '../../../gateway/json/unescape.ts';

/** What models write between quotes, with the length of what each piece says; pieces of several units are escapes. */
const PIECES: [raw: string, value: string][] = [
  ['a', 'a'],
  ['é', 'é'],
  ['\\n', '\n'],
  ['\\"', '"'],
  ['\\\\', '\\'],
  ['\\u0041', 'A'],
  ['\\ud83d', '\ud83d'],
  ['\\ude00', '\ude00'],
];

describe('a stretch of the inside of a literal', () => {
  it('stands for the units of the value that its units and escapes say', () => {
    const pieces = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(pieces, fc.nat(), fc.nat(), (list, a, b) => {
        const raw = list.map(([one]) => one).join('');
        const value = list.map(([, one]) => one).join('');
        expect(unescapeLenient(raw)).to.equal(value);
        const [from, to] = [
          Math.min(a % raw.length, b % raw.length),
          Math.max(a % raw.length, b % raw.length) + 1,
        ];
        let at = 0;
        const touched = list.flatMap(([one], index) => {
          const begins = at;
          at += one.length;
          return begins < to && at > from ? [index] : [];
        });
        expect(valueSpan(raw, from, to)).to.deep.equal({ start: touched[0], end: touched.at(-1)! + 1 });
      }),
    );
  });

  it('takes what is no escape as the units that it is', () => {
    expect(valueSpan('a\\x\\u12zb', 4, 8)).to.deep.equal({ start: 4, end: 8 });
    expect(valueSpan('\\x\\n.', 4, 5)).to.deep.equal({ start: 3, end: 4 });
    expect(valueSpan('ends in \\', 8, 9)).to.deep.equal({ start: 8, end: 9 });
  });
});
