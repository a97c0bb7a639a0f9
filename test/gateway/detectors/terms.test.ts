import { expect } from 'chai';
import fc from 'fast-check';
import { distance } from 'fastest-levenshtein';
import type { Finder, Match } from '../../../gateway/detectors/finder.ts';
import { foldText } from '../../../gateway/detectors/fold.ts';
import { distanceFor, fuzzyFinder } from '../../../gateway/detectors/fuzzy.ts';
import { candidatesOf } from '../../../gateway/detectors/term-candidates.ts';
import { termFinder } from '../../../gateway/detectors/terms.ts';

function all(finder: Finder, text: string): Match[] {
  const found: Match[] = [];
  for (let at = 0; ; ) {
    const next = finder.next(text, at, true);
    if (typeof next === 'number') return found;
    found.push({ start: next.start, end: next.end });
    at = next.end;
  }
}

describe('exact terms', () => {
  it('finds what a search for each term finds, the first and of those the longest', () => {
    const term = fc.string({ unit: fc.constantFrom(...'abAé '), minLength: 1, maxLength: 4 });
    const text = fc.string({ unit: fc.constantFrom(...'abABÉé \n'), maxLength: 30 });
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 6 }), text, (terms, given) => {
        const folded = given.toLowerCase().replaceAll('\n', ' ');
        const expected: Match[] = [];
        for (let at = 0; at < folded.length; ) {
          const lengths = terms
            .filter((one) => folded.startsWith(one.toLowerCase(), at))
            .map((one) => one.length);
          if (lengths.length > 0) expected.push({ start: at, end: at + Math.max(...lengths) });
          at += Math.max(1, ...lengths);
        }
        expect(all(termFinder(terms), given)).to.deep.equal(expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('folds letters whose lower case is ASCII, and keeps those whose lower case is longer', () => {
    expect(all(termFinder(['kelvin']), '\u212aelvin')).to.have.length(1);
    expect(all(termFinder(['i']), '\u0130')).to.have.length(0);
    expect(all(termFinder(['\u0130']), '\u0130')).to.have.length(1);
  });

  it('has a look at every place where a term begins, also beyond ASCII and cut off at the end', () => {
    const unit = fc.constantFrom(...'pPrRoO \u00a0\u2009\u202f\u212akK\u00c9\u00e9x');
    const term = fc.string({ unit, minLength: 1, maxLength: 10 });
    const text = fc.string({ unit, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 3 }), text, (terms, given) => {
        const candidates = candidatesOf(terms.map(foldText));
        if (candidates === null) return;
        const { pattern, length } = candidates;
        for (let at = 0; at <= given.length - length; at += 1) {
          if (!terms.some((one) => foldText(given).startsWith(foldText(one), at))) continue;
          pattern.lastIndex = at;
          expect(pattern.exec(given)?.index).to.equal(at);
        }
      }),
      { numRuns: 2000 },
    );
    for (let code = 0; code < 0x10000; code += 1) {
      const folded = foldText(String.fromCharCode(code));
      if (folded.charCodeAt(0) === code) continue;
      expect(candidatesOf([`${folded}zzzz`])?.pattern.test(`${String.fromCharCode(code)}zzzz`)).to.equal(
        true,
      );
    }
  });

  it('looks for many different terms character by character', () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz'];
    expect(candidatesOf(letters)).to.equal(null);
    expect(candidatesOf(['project falcon', 'project osprey'])?.length).to.equal(8);
    expect(all(termFinder(letters), 'a-b')).to.have.length(2);
  });

  it('holds back no more than what a term could begin with', () => {
    const finder = termFinder(['Project Falcon', 'conference']);
    expect(finder.next('the project falc', 0, false)).to.equal(4);
    expect(finder.next('the project falx', 0, false)).to.equal(16);
    expect(finder.next('the project falcon', 0, false)).to.deep.equal({ start: 4, end: 18 });
    expect(finder.next('a con', 0, false)).to.equal(2);
  });
});

describe('misspelt terms', () => {
  it('finds what the edit distance of every run of words says', () => {
    const term = fc.string({ unit: fc.constantFrom(...'abc d'), minLength: 4, maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom(...'abcABd .'), maxLength: 24 });
    fc.assert(
      fc.property(term, fc.integer({ min: 1, max: 3 }), text, (one, most, given) => {
        const finder = fuzzyFinder([one], most);
        const allowed = distanceFor(one, most);
        const expected: Match[] = [];
        for (let at = 0; at < given.length; ) {
          const word = /\w/.test(given[at] ?? '') && !/\w/.test(given[at - 1] ?? ' ');
          const ends = Array.from({ length: given.length - at }, (_, index) => at + index + 1).filter(
            (end) =>
              word &&
              /\w/.test(given[end - 1] ?? '') &&
              !/\w/.test(given[end] ?? ' ') &&
              distance(given.slice(at, end).toLowerCase(), one) <= allowed,
          );
          if (ends.length > 0) expected.push({ start: at, end: Math.max(...ends) });
          at = Math.max(at + 1, ...ends);
        }
        expect(finder === null ? [] : all(finder, given)).to.deep.equal(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('leaves short terms to the exact list', () => {
    expect(fuzzyFinder(['ab', 'abc'], 8)).to.equal(null);
    expect(distanceFor('falcon', 8)).to.equal(1);
    expect(distanceFor('project falcon', 8)).to.equal(4);
  });

  it('holds back only a word that can still become a term', () => {
    const finder = fuzzyFinder(['falcon'], 1);
    expect(finder?.next('see the falc', 0, false)).to.equal(8);
    expect(finder?.next('see the fxyc', 0, false)).to.equal(12);
    expect(finder?.next('see falcom', 0, false)).to.equal(4);
    expect(finder?.next('see falcom ', 0, false)).to.deep.equal({ start: 4, end: 10 });
  });
});
