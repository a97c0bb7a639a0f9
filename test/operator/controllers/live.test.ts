import { expect } from 'chai';
import { liveGateway } from '../../../operator/controllers/live.ts';
import { Outcomes } from '../../../operator/controllers/outcomes.ts';
import type { ObjectCache } from '../../../operator/runtime/objects.ts';
import { cached } from '../../fakes/cached.ts';

describe('what is known of a gateway', () => {
  const behind = (status: object | undefined, replicas = 2, generation = 5): string | null => {
    const deployment = cached('Deployment', 'keeptrusts-default', { spec: { replicas }, status });
    deployment.metadata.generation = generation;
    const cache: ObjectCache = {
      get: ({ kind }) => (kind === 'Deployment' ? deployment : undefined),
      list: () => [],
      onChange: () => {},
    };
    const reports = { list: () => [], complete: () => true };
    return liveGateway({ cache, outcomes: new Outcomes(), reports }, 'team-a', 'default').behind;
  };

  it('is that its instances are not as the Deployment says, while those of before serve', () => {
    const old = '0 of 2 instances are as its Deployment now says';
    expect(behind({ observedGeneration: 5, replicas: 2, readyReplicas: 2 })).to.equal(old);
    expect(behind({ observedGeneration: 5, updatedReplicas: 1 })).to.match(/^1 of 2 /);
    expect(behind({ observedGeneration: 5, updatedReplicas: 2 })).to.equal(null);
    expect(behind({ observedGeneration: 4, updatedReplicas: 2 })).to.equal(
      'its Deployment was changed just now',
    );
  });

  it('is nothing of the kind before anybody has looked at the Deployment', () => {
    expect(behind(undefined)).to.equal(null);
    expect(behind({ readyReplicas: 2 })).to.equal(null);
  });
});
