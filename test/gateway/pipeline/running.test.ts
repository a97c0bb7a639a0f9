import { expect } from 'chai';
import fc from 'fast-check';
import { Running, type RunningPlace } from '../../../gateway/pipeline/running.ts';

describe('running exchanges', () => {
  it('are those that were added and not removed, in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 60 }), (steps) => {
        const running = new Running();
        const there = new Map<number, RunningPlace>();
        const ended: number[] = [];
        for (const id of steps) {
          const place = there.get(id);
          if (place === undefined) there.set(id, running.add({ abandon: () => ended.push(id) }));
          else {
            running.remove(place);
            there.delete(id);
          }
        }
        expect(running.size).to.equal(there.size);
        running.abandonAll(() => new Error('stopped'));
        expect(ended.sort((a, b) => a - b)).to.deep.equal([...there.keys()].sort((a, b) => a - b));
      }),
    );
  });

  it('may end while all are ended', () => {
    const running = new Running();
    const ended: string[] = [];
    const places = ['a', 'b', 'c'].map((name) =>
      running.add({
        abandon(reason) {
          ended.push(`${name} ${reason.message}`);
          for (const place of places.splice(0)) running.remove(place);
        },
      }),
    );
    running.abandonAll(() => new Error('stopped'));
    expect(ended).to.deep.equal(['a stopped', 'b stopped', 'c stopped']);
    expect(running.size).to.equal(0);
  });
});
