import { expect } from 'chai';
import fc from 'fast-check';
import { termFinder } from '../../../gateway/detectors/terms.ts';
import { unite } from '../../../gateway/detectors/unite.ts';
import type { TextFinding } from '../../../gateway/policies/kind.ts';
import { cpuTime } from '../../fakes/cpu-time.ts';
import { scanPieces, textAndCuts } from './cuts.ts';

const part = (type: string, ...terms: string[]) => ({
  finder: termFinder(terms),
  type,
  replace: () => `<${type}>`,
});
const all = (scanner: ReturnType<typeof unite>, text: string): TextFinding[] => {
  const found: TextFinding[] = [];
  scanner.scan(text, 0, true, (finding) => found.push(finding));
  return found;
};

describe('several finders in one scanner', () => {
  const scanner = unite([part('x', 'abc', 'zz'), part('y', 'cde', 'abcd'), part('z', 'efg')]);

  it('makes one finding of matches that overlap, named after the first and longest', () => {
    expect(all(scanner, '-abcdefg-cde')).to.deep.equal([
      { type: 'y', start: 1, end: 5, replacement: '<y>' },
      { type: 'z', start: 5, end: 8, replacement: '<z>' },
      { type: 'y', start: 9, end: 12, replacement: '<y>' },
    ]);
    const chain = unite([part('x', 'abc'), part('y', 'cde'), part('z', 'efg')]);
    expect(all(chain, 'abcdefg')).to.deep.equal([{ type: 'x', start: 0, end: 7, replacement: '<x>' }]);
  });

  it('leaves nothing of any match uncovered by the findings, up to the first of each finder', () => {
    fc.assert(
      fc.property(textAndCuts(['abc', 'cde', 'efg', 'abcd', 'zz'], 'abcdez'), ([text]) => {
        const found = all(scanner, text);
        for (const term of ['abc', 'zz', 'cde', 'efg']) {
          const at = text.indexOf(term);
          if (at === -1) continue;
          const covered = found.some(({ start, end }) => start < at + term.length && at < end);
          expect(covered, `${term} in ${text}`).to.equal(true);
        }
      }),
    );
  });

  it('finds the same in pieces as in one', () => {
    const chain = unite([part('x', 'abc', 'zz'), part('y', 'cde'), part('z', 'efg', 'fgab')]);
    fc.assert(
      fc.property(textAndCuts(['abc', 'cde', 'efg', 'fgab', 'zz'], 'abcdefgz'), ([text, cuts]) => {
        expect(scanPieces(chain.scan, text, cuts, 0)).to.deep.equal(scanPieces(chain.scan, text, [], 0));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes time linear in a text in which everything overlaps', async () => {
    const chain = unite([part('x', 'ab'), part('y', 'ba'), part('z', 'aba')]);
    const text = 'ab'.repeat(50_000);
    expect(await cpuTime(() => expect(all(chain, text)).to.have.length(1))).to.be.below(500);
  });
});
