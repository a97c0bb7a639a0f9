import { expect } from 'chai';
import { goFloat, goText, isInt64 } from '../../../../operator/local/validate/go-text.ts';

/** Each pair was answered by a kube-apiserver 1.36. */
describe('values in the words of an API server', () => {
  const texts: [unknown, string][] = [
    ['a"b\\c\n\tÄ😀\u00a0\u200b\u007f\u0007', '"a\\"b\\\\c\\n\\tÄ😀\\u00a0\\u200b\\x7f\\a"'],
    ['\u0001', '"\\x01"'],
    [3_000_000_000, '3000000000'],
    [2 ** 53, '9007199254740992'],
    [9e18, '9000000000000000000'],
    [1e19, '1e+19'],
    [10_000_000.5, '1.00000005e+07'],
    [0.000_01, '1e-05'],
    [403.5, '403.5'],
    [true, 'true'],
    [['a'], '["a"]'],
    [['<&>'], '["\\u003c\\u0026\\u003e"]'],
    [null, 'null'],
  ];
  for (const [value, text] of texts) {
    it(`shows ${JSON.stringify(value)} as ${text}`, () => {
      expect(goText(value)).to.equal(text);
    });
  }

  it('shows a limit beside a float as a float', () => {
    expect([1, 1_048_576, 10_000_000, 1_099_511_627_776].map(goFloat)).to.deep.equal([
      '1',
      '1.048576e+06',
      '1e+07',
      '1.099511627776e+12',
    ]);
  });

  it('takes for an integer what fits 64 bits', () => {
    expect([2 ** 63, -(2 ** 63), 1.5, 2 ** 63 - 1024].map(isInt64)).to.deep.equal([false, true, false, true]);
  });
});
