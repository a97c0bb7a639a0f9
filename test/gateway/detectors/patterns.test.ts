import { expect } from 'chai';
import fc from 'fast-check';
import { classify } from '../../../gateway/detectors/classify.ts';
import { patternScanner } from '../../../gateway/detectors/pattern-scanner.ts';
import { scanPieces, textAndCuts } from './cuts.ts';

const SNIPPETS: Record<string, string[]> = {
  '\\d{3}-\\d{2}-\\d{4}': ['123-45-6789', '12', '-'],
  '\\bAKIA[0-9A-Z]{16}\\b': ['AKIAIOSFODNN7EXAMPLE', 'AKIA'],
  '(?i)project falcon': ['Project Falcon', 'project', 'falcon'],
  'foo(?!bar)': ['foo', 'bar', 'foobar'],
  'foo(?=ba{1,3}r)b': ['foobar', 'foobaaar', 'foo'],
  '(?<=id: )[a-z]{2,5}': ['id: abc', 'id: ', 'abc'],
  '(?<!a)b{1,3}(?:c|cd|cde)': ['bcde', 'abbc', 'bbb'],
  'ab|abc|abcd': ['abcd', 'ab', 'abc'],
  '(?:abc|abcabd){1,3}x?': ['abc', 'abcabd', 'x'],
  '(\\w)\\1{2}z': ['aaaz', 'aaa', 'zzz'],
  '(?:a|b|ab){1,40}c': ['ababab', 'abc', 'c'],
  '.{2}!': ['😀a!', '!', 'é😀!'],
  '[^a]{1,3}\\b': ['b b', ' 1 '],
  '^ab': ['ab', '\nab'],
  '(?m)^ab$': ['ab\n', '\nab', 'ab'],
  ab$: ['ab', 'ab\n'],
  '\\p{L}{2,3}\\P{L}': ['éé1', 'ab ', '😀'],
  '😀{2}': ['😀😀', '😀'],
  'a??b{0,2}?1': ['abb1', 'b1', 'a1'],
  '(?i:ab)c': ['ABc', 'abC', 'aB'],
  '\\bb\\b': ['b', ' b ', 'bb'],
  '(?<year>\\d{4})-(\\d\\d)?': ['2026-1', '2026-11', '20'],
  '(?s)a.b': ['a\nb', 'a b'],
  'a{0,3}': ['aaa', 'aaaa'],
  '[\\w.+-]{1,64}@[\\w-]{1,63}\\.[a-z]{2,8}': ['joe.b@example.com', 'joe@', 'x.y'],
  '(?<=\\bb)1': ['b1', ' b1', 'bb1'],
  '(?:(?:\\d{1,3}\\.){3}\\d{1,3})': ['10.20.30.40', '1.2.3', '.'],
  'a+b*1': ['aaabb1', 'aab', 'b1'],
};

describe('patterns that users write, in a stream', () => {
  for (const [source, snippets] of Object.entries(SNIPPETS)) {
    it(`finds the same in pieces as in one: ${source}`, () => {
      const classified = classify(source);
      const { verdict } = classified;
      expect(verdict).to.include({ ok: true });
      const scanner = patternScanner(source, classified);
      const scan = (
        text: string,
        from: number,
        final: boolean,
        hit: (m: { start: number; end: number }) => void,
      ) =>
        scanner.scan(text, from, final, (start, end, groups) =>
          hit(Object.assign({ start, end }, { groups: [...groups] })),
        );
      fc.assert(
        fc.property(textAndCuts(snippets), ([text, cuts]) => {
          const whole = scanPieces(scan, text, [], 0);
          expect(scanPieces(scan, text, cuts, scanner.contextLength)).to.deep.equal(whole);
        }),
        { numRuns: 150 },
      );
    });

    it(`finds what JavaScript finds: ${source}`, () => {
      const [, flags = '', body = source] = /^(?:\(\?([ims]+)\))?(.*)$/su.exec(source) ?? [];
      const scanner = patternScanner(source, classify(source));
      const unicode = /\\[pP]|[^\x20-\x7e]|\.|\[\^/u.test(body) ? 'u' : '';
      fc.assert(
        fc.property(textAndCuts(snippets), ([text]) => {
          const expected = [...text.matchAll(new RegExp(body, `g${flags}${unicode}`))]
            .filter(([whole]) => whole.length > 0)
            .map((match) => [match.index, match[0].length, ...match.slice(1)]);
          const found: unknown[] = [];
          scanner.scan(text, 0, true, (start, end, [, ...groups]) =>
            found.push([start, end - start, ...groups]),
          );
          expect(found).to.deep.equal(expected);
        }),
        { numRuns: 100 },
      );
    });
  }
});
