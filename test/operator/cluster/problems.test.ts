import { expect } from 'chai';
import { cacheProblems, unfilled } from '../../../operator/cluster/problems.ts';

const well = { kind: 'Service', namespace: undefined, synced: true, lastEventAge: 12, error: null };

describe('problems of the caches of a cluster', () => {
  it('are none while all are followed, however quiet', () => {
    expect(cacheProblems([well])).to.deep.equal([]);
  });

  it('say what cannot be followed, how old it is and why', () => {
    const unwell = { ...well, kind: 'ConfigMap', namespace: 'team-a', lastEventAge: 61.4, error: 'gone' };
    const never = { ...well, synced: false, error: 'you may not' };
    const found = cacheProblems([well, unwell, never]);
    expect(found.map(({ message }) => message)).to.deep.equal([
      'what is known of ConfigMap of team-a is 61 s old: gone',
      'what is known of Service is nothing yet: you may not',
    ]);
    expect(found[0]).to.include({ severity: 'error', code: 'not_followed' });
  });
});

describe('what a start still waits for', () => {
  it('is nothing when every kind was listed, also where its watch fails now', () => {
    expect(unfilled([well, { ...well, error: 'gone' }])).to.equal(null);
  });

  it('is told by reason', () => {
    const not = { ...well, synced: false };
    const refused = { ...not, error: 'connection refused' };
    expect(
      unfilled([
        well,
        refused,
        { ...refused, kind: 'ConfigMap', namespace: 'team-a' },
        { ...not, kind: 'Pod' },
      ]),
    ).to.equal(
      'nothing is known of Service, ConfigMap of team-a: connection refused; nothing is known of Pod: there was no answer yet',
    );
  });
});
