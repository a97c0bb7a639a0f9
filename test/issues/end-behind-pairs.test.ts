import { expect } from 'chai';
import { classify } from '../../gateway/detectors/classify.ts';
import { patternScanner } from '../../gateway/detectors/pattern-scanner.ts';
import { scanPieces } from '../gateway/detectors/cuts.ts';

/** V8 begins to look for a pattern that ends in `$` as many units before the end as it has characters. */
describe('issue: the end of a text behind characters of two units', () => {
  for (const [pattern, text] of [
    ['[^\\s\\d]{3}$', '😀😀😀'],
    ['ID-[^x]{2,4}$', 'ID-😀😀😀'],
    ['(?:[^x]{3}$|[^y]{2}$)', 'y😀😀'],
  ] as const) {
    it(`is where ${pattern} ends`, () => {
      const classified = classify(pattern);
      expect(classified.verdict).to.include({ ok: true, engine: 'v8' });
      const scanner = patternScanner(pattern, classified);
      const scan: Parameters<typeof scanPieces>[0] = (known, from, final, hit) =>
        scanner.scan(known, from, final, (start, end) => hit({ start, end, groups: [] }));
      for (const cuts of [[], [2], [1, 3]]) {
        const found = scanPieces(scan, text, cuts, scanner.contextLength);
        expect(found.map(({ start, end }) => [start, end])).to.deep.equal([[0, text.length]]);
      }
    });
  }
});
