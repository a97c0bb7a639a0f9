import { expect } from 'chai';
import { lackOf, missingIn } from '../../operator/lack.ts';
import { LocalCache } from '../../operator/local/object-cache.ts';
import { cached } from '../fakes/cached.ts';

describe('what a namespace lacks for a gateway', () => {
  let cache: LocalCache;
  beforeEach(() => {
    cache = new LocalCache();
  });

  it('is a policy, a target or both', () => {
    expect(missingIn(cache, 'team-a')).to.equal('no policy and no target');
    cache.put(cached('GovernancePolicy', 'p'));
    expect(missingIn(cache, 'team-a')).to.equal('no target');
    cache.put(cached('ProviderTarget', 't'));
    cache.remove({ kind: 'GovernancePolicy', namespace: 'team-a', name: 'p' });
    expect(missingIn(cache, 'team-a')).to.equal('no policy');
  });

  it('is its own: another namespace does not help', () => {
    cache.put(cached('GovernancePolicy', 'p', {}, 'team-b'));
    expect(missingIn(cache, 'team-a')).to.equal('no policy and no target');
  });

  it('is told for each namespace, while none has a gateway', () => {
    cache.put(cached('GovernancePolicy', 'p'));
    cache.put(cached('ProviderTarget', 't', {}, 'team-b'));
    const namespaces = ['team-a', 'team-b'];
    expect(lackOf(cache, namespaces, 'empty')).to.equal('team-a has no target, team-b has no policy');
    cache.put(cached('ProviderTarget', 't'));
    expect(lackOf(cache, namespaces, 'empty')).to.equal(null);
  });

  it('is nothing where a gateway is declared, also without policy and target', () => {
    cache.put(cached('GovernanceGateway', 'edge'));
    expect(lackOf(cache, ['team-a'], 'empty')).to.equal(null);
  });

  it('is told in the words of the place where there is no object at all', () => {
    expect(lackOf(cache, [], 'the folder has no policy and no target')).to.equal(
      'the folder has no policy and no target',
    );
  });
});
