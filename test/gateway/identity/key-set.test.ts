import { hash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { GatewayKey } from '../../../gateway/contract/document.ts';
import { KeySet } from '../../../gateway/identity/key-set.ts';

const hashOf = (value: string): string => hash('sha256', value, 'hex');
const keyOf = (id: string, value: string): GatewayKey => ({ id, sha256: hashOf(value) });

describe('a set of keys', () => {
  it('no longer opens to the value that a key had before', () => {
    const keys = new KeySet([keyOf('a', 'before'), keyOf('b', 'other')]);
    keys.put(keyOf('a', 'after'));
    expect(keys.find(hashOf('before'))).to.equal(undefined);
    expect(keys.find(hashOf('after'))?.key.id).to.equal('a');
    expect(keys.size).to.equal(2);
    keys.remove('a');
    expect(keys.find(hashOf('after'))).to.equal(undefined);
    expect(keys.list()).to.deep.equal([keyOf('b', 'other')]);
  });

  it('keeps a value that another key has taken over from a key that is gone', () => {
    const keys = new KeySet([keyOf('a', 'same')]);
    keys.remove('a');
    keys.put(keyOf('b', 'same'));
    keys.put(keyOf('a', 'other'));
    expect(keys.find(hashOf('same'))?.key.id).to.equal('b');
  });

  it('opens to the last value of each key that is there and to no other', () => {
    const id = fc.constantFrom('a', 'b', 'c');
    const step = fc.record({ id, value: fc.option(fc.nat({ max: 3 })) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const keys = new KeySet();
        const truth = new Map<string, GatewayKey>();
        for (const { id, value } of steps) {
          if (value === null) {
            keys.remove(id);
            truth.delete(id);
          } else {
            const key = keyOf(id, `${id} ${value}`);
            keys.put(key);
            truth.set(id, key);
          }
        }
        const opened = ['a', 'b', 'c'].flatMap((id) =>
          [0, 1, 2, 3].flatMap((value) => keys.find(hashOf(`${id} ${value}`))?.key ?? []),
        );
        const byId = (a: GatewayKey, b: GatewayKey): number => (a.id < b.id ? -1 : 1);
        expect(opened).to.deep.equal([...truth.values()].sort(byId));
        expect(keys.list().sort(byId)).to.deep.equal(opened);
        expect(keys.size).to.equal(truth.size);
      }),
    );
  });
});
