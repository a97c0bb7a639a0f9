import { expect } from 'chai';
import { Outcomes } from '../../../operator/controllers/outcomes.ts';
import type { Decision } from '../../../operator/domain/decide.ts';

/** A decision of one policy that was accepted, or of nothing. */
function decision(namespace: string, number: number, uid?: string): Decision {
  const spec = { kind: 'GovernancePolicy', namespace, name: 'p', uid, generation: 1, spec: {} };
  return {
    revision: { number, hash: `hash-${number}` },
    objects: [],
    considered: uid === undefined ? {} : { [uid]: 1 },
    acceptedSpecs: uid === undefined ? [] : [spec],
  } as unknown as Decision;
}

describe('outcomes', () => {
  let outcomes: Outcomes;
  beforeEach(() => {
    outcomes = new Outcomes();
  });
  const set = (namespace: string, number: number): void =>
    outcomes.set({ namespace, gateway: 'default', decision: decision(namespace, number), failure: null });
  const numberOf = (namespace: string): number | undefined => outcomes.revision(namespace, 'default')?.number;

  it('remember the revision of a gateway that is gone, though not of more than ten thousand', () => {
    set('here', 7);
    set('gone', 3);
    outcomes.remove('gone', 'default');
    for (let n = 1; n < 10_000; n++) {
      set(`run-${n}`, 1);
      outcomes.remove(`run-${n}`, 'default');
    }
    expect(numberOf('gone')).to.equal(3);
    set('one-more', 1);
    outcomes.remove('one-more', 'default');
    expect(numberOf('gone')).to.equal(undefined);
    expect(numberOf('run-1')).to.equal(1);
    expect(numberOf('here')).to.equal(7);
  });

  it('never forget the revision of a gateway that was made again', () => {
    set('back', 3);
    outcomes.remove('back', 'default');
    set('back', 4);
    for (let n = 0; n < 10_001; n++) {
      set(`run-${n}`, 1);
      outcomes.remove(`run-${n}`, 'default');
    }
    expect(numberOf('back')).to.equal(4);
  });

  it('remember nothing accepted of a namespace that has no such object any more', () => {
    outcomes.setUngoverned('team', decision('team', 1, 'uid-p'));
    expect(outcomes.accepted('team')).to.have.length(1);
    outcomes.setUngoverned('team', decision('team', 1));
    expect(outcomes.accepted('team')).to.deep.equal([]);
  });
});
