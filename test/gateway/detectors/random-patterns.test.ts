import { visitRegExpAST } from '@eslint-community/regexpp';
import { expect } from 'chai';
import fc from 'fast-check';
import { extentOf } from '../../../gateway/contract/pattern-extent.ts';
import { re2Source } from '../../../gateway/contract/pattern-re2.ts';
import { type ParsedPattern, parsePattern } from '../../../gateway/contract/pattern-syntax.ts';
import { classify } from '../../../gateway/detectors/classify.ts';
import type { Match } from '../../../gateway/detectors/finder.ts';
import { patternScanner } from '../../../gateway/detectors/pattern-scanner.ts';
import { re2Search } from '../../../gateway/detectors/re2-search.ts';
import { v8Search } from '../../../gateway/detectors/v8-search.ts';
import { ASSERTIONS, anyFlags, anyPattern, anyText, BOUNDED, CHARACTERS } from './any-pattern.ts';
import { scanPieces } from './cuts.ts';

describe('any pattern', () => {
  it('finds the same in pieces as in one', () => {
    const pattern = anyPattern({
      atoms: CHARACTERS,
      assertions: ASSERTIONS,
      quantifiers: BOUNDED,
      heads: ['(?:', '(', '(?=', '(?!', '(?<=', '(?<!'],
    });
    const texts = fc.array(fc.tuple(anyText, fc.array(fc.nat(20), { maxLength: 6 })), {
      minLength: 12,
      maxLength: 12,
    });
    let windowed = 0;
    fc.assert(
      fc.property(anyFlags, pattern, texts, (flags, body, all) => {
        const classified = classify(flags + body);
        if (!classified.verdict.ok) return;
        if (classified.verdict.streaming === 'windowed') windowed += 1;
        const scanner = patternScanner(flags + body, classified);
        const scan = (text: string, from: number, final: boolean, hit: (found: Match) => void): number =>
          scanner.scan(text, from, final, (start, end, groups) => hit({ start, end, groups: [...groups] }));
        for (const [text, cuts] of all) {
          const whole = scanPieces(scan, text, [], 0);
          expect(scanPieces(scan, text, cuts, scanner.contextLength)).to.deep.equal(whole);
        }
      }),
      { numRuns: 300 },
    );
    expect(windowed).to.be.above(100);
  }).timeout(60_000);

  it('means the same to both engines', () => {
    const pattern = anyPattern({
      atoms: [
        ...CHARACTERS,
        '\\s',
        '\\S',
        '[^\\s\\d]',
        '[]',
        '[^]',
        '\\.',
        '\\-',
        '\\n',
        '\\x41',
        '\\u00e9',
        '[\\]\\-a]',
      ],
      assertions: ASSERTIONS,
      quantifiers: [...BOUNDED, '*', '+', '+?'],
      heads: ['(?:', '(', '(?<=', '(?<!'],
    });
    const texts = fc.array(anyText, { minLength: 10, maxLength: 10 });
    let compared = 0;
    fc.assert(
      fc.property(anyFlags, pattern, texts, (flags, body, all) => {
        const parsed = parsePattern(flags + body);
        if (repeatsNothing(parsed)) return;
        const re2 = orNull(() => re2Search(re2Source(parsed), parsed.flags));
        if (re2 === null) return;
        compared += 1;
        const v8 = v8Search(parsed.body, parsed.flags);
        for (const text of all) {
          for (let at = 0, found = v8(text, 0); ; found = v8(text, at)) {
            expect(where(re2(text, at)), re2Source(parsed)).to.deep.equal(where(found));
            if (found === null) break;
            at = found.end;
          }
        }
      }),
      { numRuns: 600 },
    );
    expect(compared).to.be.above(100);
  }).timeout(60_000);
});

const where = (match: Match | null) => match && { start: match.start, end: match.end };

/** A look-behind that the linear engine does not have is refused, which classification reports. */
function orNull<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

/** Rounds of a repeat that match nothing are given up by JavaScript and taken by RE2: nobody means them. */
function repeatsNothing(pattern: ParsedPattern): boolean {
  let found = false;
  visitRegExpAST(pattern.ast, {
    onQuantifierEnter({ element, parent }) {
      const alone = { ...parent, elements: [element] };
      if (extentOf({ ...pattern, ast: { ...pattern.ast, alternatives: [alone] } }).minLength === 0)
        found = true;
    },
  });
  return found;
}
