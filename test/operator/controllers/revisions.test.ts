import { expect } from 'chai';
import { Revisions } from '../../../operator/controllers/revisions.ts';
import type { Decision } from '../../../operator/domain/decide.ts';

/** A decision that holds the objects, each `name@generation`, of which those in brackets do not apply to the gateway. */
function decision(number: number, ...objects: string[]): Decision {
  const parsed = objects.map((text) => {
    const [, open, name, generation] = /^(\(?)(\w+)@(\d+)\)?$/.exec(text)!;
    return { applies: open === '', name: name!, generation: Number(generation) };
  });
  const kind = 'GovernancePolicy' as const;
  return {
    revision: { number, hash: `hash-${number}` },
    objects: parsed
      .filter(({ applies }) => applies)
      .map(({ name, generation }) => ({ kind, namespace: 'a', name, generation })),
    acceptedSpecs: parsed.map(({ name, generation }) => ({
      kind,
      namespace: 'a',
      name,
      uid: `uid-${name}`,
      generation,
      spec: {},
    })),
  } as unknown as Decision;
}

describe('revisions that hold an object', () => {
  let revisions: Revisions;
  beforeEach(() => {
    revisions = new Revisions();
  });
  const holding = (name: string) => revisions.holding('a/gw', `uid-${name}`);

  it('are all since the first that had its generation', () => {
    revisions.add('a/gw', decision(1, 'p@1', 'q@1'));
    revisions.add('a/gw', decision(2, 'p@2', 'q@1'));
    revisions.add('a/gw', decision(3, 'p@2', 'q@1'));
    expect(holding('q')).to.deep.equal({ since: 1, hashes: ['hash-1', 'hash-2', 'hash-3'] });
    expect(holding('p')).to.deep.equal({ since: 2, hashes: ['hash-2', 'hash-3'] });
  });

  it('begin anew after one that did not have it', () => {
    revisions.add('a/gw', decision(1, 'p@1'));
    revisions.add('a/gw', decision(2));
    expect(holding('p')).to.equal(null);
    revisions.add('a/gw', decision(3, 'p@1'));
    expect(holding('p')).to.deep.equal({ since: 3, hashes: ['hash-3'] });
  });

  it('are none of a gateway that the object does not apply to, or that is gone', () => {
    revisions.add('a/gw', decision(1, '(p@1)', 'q@1'));
    expect(holding('p')).to.equal(null);
    revisions.remove('a/gw');
    expect(holding('q')).to.equal(null);
  });

  it('count a revision once that is decided again', () => {
    for (let n = 0; n < 3; n++) revisions.add('a/gw', decision(1, 'p@1'));
    expect(holding('p')).to.deep.equal({ since: 1, hashes: ['hash-1'] });
  });

  it('are the last sixteen, and the number of the first is remembered', () => {
    for (let number = 1; number <= 100; number++) revisions.add('a/gw', decision(number, 'p@1'));
    expect(holding('p')!.since).to.equal(1);
    expect(holding('p')!.hashes).to.have.length(16).and.to.include('hash-100').and.to.not.include('hash-84');
  });
});
