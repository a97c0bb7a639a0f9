import { expect } from 'chai';
import fc from 'fast-check';
import type { Entry, SourceLevel } from '../../../gateway/contract/document.ts';
import { composeOrder, rewriteOrder } from '../../../gateway/contract/order.ts';

type Ordered = Pick<Entry, 'id' | 'source'>;
const LEVELS: SourceLevel[] = ['override', 'route', 'gateway', 'namespace', 'default', 'template'];

const entries = fc
  .uniqueArray(
    fc.record({
      level: fc.constantFrom(...LEVELS),
      namespace: fc.constantFrom('a', 'b', 'B', 'ä'),
      name: fc.constantFrom('x', 'y', 'x-1'),
      index: fc.nat({ max: 12 }),
    }),
    { selector: (source) => JSON.stringify(source), maxLength: 12 },
  )
  .map((sources) => sources.map((source): Ordered => ({ id: JSON.stringify(source), source })));

const at = (level: SourceLevel, name: string, index: number): Ordered => ({
  id: `${level}-${name}-${index}`,
  source: { level, namespace: 'team', name, index },
});

describe('order of a compiled chain', () => {
  it('does not depend on the order of arrival', () => {
    fc.assert(
      fc.property(
        entries.chain((list) =>
          fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
        ),
        ([list, shuffled]) => {
          expect(composeOrder(shuffled)).to.deep.equal(composeOrder(list));
        },
      ),
    );
  });

  it('keeps every entry and the order of the others when one is added', () => {
    fc.assert(
      fc.property(entries, (list) => {
        const all = composeOrder(list);
        const fewer = composeOrder(list.slice(1));
        expect(all.filter((one) => one !== list[0])).to.deep.equal(fewer);
        expect(all).to.have.length(list.length);
      }),
    );
  });

  it('has Override first, then strongest to weakest, then namespace/name, then the index as a number', () => {
    const expected = [
      at('override', 'org', 0),
      at('gateway', 'a', 0),
      at('namespace', 'a', 2),
      at('namespace', 'a', 10),
      at('namespace', 'b', 0),
      at('default', 'org', 0),
      at('template', 'standard', 0),
    ];
    expect(composeOrder(expected.toReversed())).to.deep.equal(expected);
  });

  it('runs rewriters from the weakest level to Override, within a level as they stand', () => {
    const chain = composeOrder([at('override', 'o', 0), at('namespace', 'n', 1), at('namespace', 'n', 0)]);
    expect(rewriteOrder(chain, (one) => one.source).map(({ id }) => id)).to.deep.equal([
      'namespace-n-0',
      'namespace-n-1',
      'override-o-0',
    ]);
  });

  it('leaves the rewriters of a hand-written chain in its own order', () => {
    const chain = [at('document', 'z', 1), at('document', 'a', 0)];
    expect(rewriteOrder(chain, (one) => one.source)).to.deep.equal(chain);
  });
});
