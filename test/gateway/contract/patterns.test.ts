import { expect } from 'chai';
import { countedCost } from '../../../gateway/contract/pattern-cost.ts';
import { parsePattern } from '../../../gateway/contract/pattern-syntax.ts';
import { classifyPattern } from '../../../gateway/contract/patterns.ts';

const accepted = (source: string) => {
  const verdict = classifyPattern(source);
  if (!verdict.ok) throw new Error(`${source}: ${verdict.error}`);
  return verdict;
};
const refused = (source: string): string => {
  const verdict = classifyPattern(source);
  if (verdict.ok) throw new Error(`${source} was accepted`);
  return verdict.error;
};

describe('the verdict on a user-written pattern', () => {
  it('runs in V8 what is proven linear', () => {
    for (const source of [
      'AKIA[0-9A-Z]{16}',
      '(?i)project falcon',
      '\\d{3}-\\d{2}-\\d{4}',
      '\\b[\\w.+-]{1,64}@[\\w-]{1,63}\\.[a-z]{2,24}\\b',
      '(?:\\d{1,3}\\.){3}\\d{1,3}',
      'sk-[A-Za-z0-9]+',
      'foo(?!bar)',
      '(?<=id: )\\w{1,9}',
    ]) {
      expect(accepted(source).engine, source).to.equal('v8');
    }
  });

  it('runs in the linear engine what could take long', () => {
    for (const source of [
      '^(a+)+$',
      '\\s+$',
      '(a|aa)+$',
      '\\w+\\d+x',
      '(?:a|b|ab){1,40}c',
      '(?:x?y?z?){20}q',
    ]) {
      expect(accepted(source).engine, source).to.equal('re2');
    }
  });

  it('refuses what could take long and the linear engine does not have, and names the construct', () => {
    expect(refused('(?=(a+)+$)b')).to.contain('look-ahead');
    expect(refused('((\\w)\\2+)+x')).to.contain('back-reference');
    expect(refused('(\\w+)+x{1,1001}')).to.contain('{1,1001}');
    expect(refused('(a{1,50}){1,50}b')).to.contain('invalid repeat count');
  });

  it('refuses other dialects with the spelling that works here', () => {
    expect(refused('(?P<year>\\d{4})')).to.contain('(?<…>');
    expect(refused('(?P=year)')).to.contain('\\k<…>');
    expect(refused('\\Asecret\\z')).to.contain('`^`');
    expect(refused('[[:digit:]]{3}')).to.contain('POSIX');
    expect(refused('a++b')).to.contain('possessive');
    expect(refused('(?>a|b)c')).to.contain('atomic');
    expect(refused('foo(?i)bar')).to.contain('beginning');
    expect(refused('(?x) a b')).to.contain('`x`');
    expect(refused('\\Qa.b\\E')).to.contain('\\Q');
    expect(refused('(a')).to.match(/Unterminated group/);
    expect(refused('')).to.contain('empty');
    expect(refused('a'.repeat(1025))).to.contain('1024');
  });

  it('does not take an escaped parenthesis for another dialect', () => {
    for (const source of [
      '\\(?Pa',
      'a\\+\\+',
      'f\\(\\?i\\)',
      '[a-z]+\\+',
      '[*+]{2}',
      '[(?P<]',
      '\\p{L}+a',
      '[a[:]b',
    ])
      expect(classifyPattern(source).ok, source).to.equal(true);
  });

  it('takes backslashes before characters that need none', () => {
    for (const source of ['\\p{L}\\-\\@\\"\\ x', '[\\-\\]\\@a].', '.\\#\\\\'])
      expect(accepted(source).engine, source).to.equal('v8');
    expect(parsePattern('a\\@[\\-\\]b]\\-\\\\-').body).to.equal('a@[\\-\\]b]-\\\\-');
  });

  it('bounds matches, look-ahead and look-behind in UTF-16 units', () => {
    expect(accepted('AKIA[0-9A-Z]{16}')).to.include({ maxMatchLength: 20, lookAhead: 0, contextLength: 0 });
    expect(accepted('\\bab\\b')).to.include({ maxMatchLength: 2, lookAhead: 1, contextLength: 1 });
    expect(accepted('(?<=key: {1,3})\\w{2,4}(?=;{2})')).to.include({
      maxMatchLength: 4,
      lookAhead: 2,
      contextLength: 7,
    });
    expect(accepted('.{3}')).to.include({ maxMatchLength: 6 });
    expect(accepted('😀')).to.include({ maxMatchLength: 2 });
  });

  it('says what cannot be decided with a bounded look-ahead', () => {
    for (const source of ['a+', 'sk-\\w*', '(?<=x.*)b', 'a{0,900}b{0,900}c{0,900}d{0,900}e{0,900}']) {
      expect(accepted(source).streaming, source).to.equal('buffered');
    }
    expect(accepted('a{1,64}').streaming).to.equal('windowed');
  });

  it('says how many groups there are, and that nothing can match', () => {
    expect(accepted('(a)(?<word>\\w)(?:x)')).to.deep.include({ groups: 2, groupNames: { word: 2 } });
    expect(accepted('a{0,3}').matchesEmpty).to.equal(true);
  });

  it('counts what a backtracking engine tries on counted repeats, and no choice that the next character decides', () => {
    const cost = (source: string): number => countedCost(parsePattern(source));
    expect(cost('[\\w.]{1,64}@[\\w]{1,63}')).to.be.below(200);
    expect(cost('\\w{1,64}\\w{1,64}x')).to.be.above(4000);
    expect(cost('(a{1,9}){1,9}b')).to.be.above(1e8);
    expect(cost('(?:ab|cd){1,30}e')).to.be.below(200);
  });
});
