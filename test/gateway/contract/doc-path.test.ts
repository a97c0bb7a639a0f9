import { expect } from 'chai';
import fc from 'fast-check';
import { formatPath, PathMap, parsePath, pointerPath } from '../../../gateway/contract/doc-path.ts';

const path = fc.array(fc.oneof(fc.string({ maxLength: 8 }), fc.nat(99)), { maxLength: 6 });

describe('paths in a document', () => {
  it('reads back what it formats', () => {
    expect(formatPath(['policy', 'dlp-filter', 'rules', 0, 'a.b', ''])).to.equal(
      'policy.dlp-filter.rules[0]["a.b"][""]',
    );
    fc.assert(
      fc.property(path, (steps) => {
        expect(parsePath(formatPath(steps))).to.deep.equal(steps);
      }),
    );
  });

  it('follows JSON pointers through lists and escaped names', () => {
    const root = { 'a/b': [{ '~': 1 }], '0': { '1': 2 } };
    expect(pointerPath('/a~1b/0/~0', root)).to.deep.equal(['a/b', 0, '~']);
    expect(pointerPath('/0/1', root)).to.deep.equal(['0', '1']);
    expect(pointerPath('', root)).to.deep.equal([]);
  });

  it('finds the place before a conversion by the longest prefix', () => {
    const moves = new PathMap();
    moves.move(['policies', 'chain', 0], ['policies', 2]);
    moves.move(['policies', 'chain', 0, 'settings', 'action'], ['policies', 2, 'do']);
    expect(moves.original(['policies', 'chain', 0, 'settings', 'action'])).to.deep.equal([
      'policies',
      2,
      'do',
    ]);
    expect(moves.original(['policies', 'chain', 0, 'id'])).to.deep.equal(['policies', 2, 'id']);
    expect(moves.original(['policies', 'chain', 1])).to.deep.equal(['policies', 'chain', 1]);
    expect(moves.original([])).to.deep.equal([]);
  });
});
