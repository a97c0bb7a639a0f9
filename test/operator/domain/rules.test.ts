import { expect } from 'chai';
import fc from 'fast-check';
import { commonPairs, intersection, lowest, strictest } from '../../../operator/domain/rules.ts';

const stated = <T>(...values: T[]) => values.map((value, index) => ({ value, from: `p${index}` }));

describe('rules of combination', () => {
  it('takes the lowest number and names whose it is and whom it overruled', () => {
    expect(lowest(stated(5, 3, 3, 9))).to.deep.equal({
      value: 3,
      from: ['p1', 'p2'],
      overruled: ['p0', 'p3'],
    });
  });

  it('takes the strictest value, whoever states it', () => {
    expect(strictest(['allow', 'block'])(stated('allow', 'block')).value).to.equal('block');
    expect(strictest([true, false])(stated(true, true)).value).to.equal(true);
  });

  it('takes what everybody permits, in the order of the strongest', () => {
    const result = intersection(stated(['c', 'a', 'b'], ['b', 'c'], ['x', 'b', 'c']));
    expect(result).to.deep.equal({ value: ['c', 'b'], from: ['p0', 'p1', 'p2'], overruled: ['p0', 'p2'] });
  });

  it('takes the pairs that everybody states alike', () => {
    const result = commonPairs(
      stated<Record<string, string>>({ team: 'x-team', user: 'x-user' }, { user: 'x-who', team: 'x-team' }),
    );
    expect(result).to.deep.equal({
      value: { team: 'x-team' },
      from: ['p0', 'p1'],
      overruled: ['p0', 'p1'],
    });
    expect(commonPairs(stated<Record<string, string>>({ team: 'x-team' }, {})).value).to.deep.equal({});
  });

  it('never gives more than any one who states it permits', () => {
    const lists = fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(lists, (values) => {
        const { value } = intersection(stated(...values));
        for (const list of values) expect(list).to.include.members([...value]);
      }),
    );
  });
});
