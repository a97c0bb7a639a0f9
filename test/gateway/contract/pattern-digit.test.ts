import { expect } from 'chai';
import { needsDigit } from '../../../gateway/contract/pattern-digit.ts';
import { parsePattern } from '../../../gateway/contract/pattern-syntax.ts';

describe('patterns whose matches have a digit', () => {
  for (const source of [
    '\\d',
    'a\\d+b',
    '[0-9]{4}',
    '[1-3\\d]',
    '(?:\\d|x7)',
    '(\\d\\d)?7',
    '(?<!\\d)\\d{3}(?!\\d)',
  ]) {
    it(`sees it in ${source}`, () => expect(needsDigit(parsePattern(source))).to.equal(true));
  }

  const others = [
    '\\d*',
    '\\d?x',
    '[0-9a]',
    '[^\\d]',
    '\\D',
    '\\w',
    'a|\\d',
    '(?=\\d)\\w',
    '(?:\\d|x)',
    '(?i)ssn',
  ];
  for (const source of others) {
    it(`does not take it for granted in ${source}`, () =>
      expect(needsDigit(parsePattern(source))).to.equal(false));
  }
});
