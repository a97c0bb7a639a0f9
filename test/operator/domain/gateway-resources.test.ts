import { expect } from 'chai';
import { problemsOfResources } from '../../../operator/domain/gateway-resources.ts';

describe('resources of a gateway', () => {
  it('are refused where a request is more than its limit, in whatever units', () => {
    const problems = problemsOfResources({
      resources: { requests: { cpu: '1.5', memory: '1Gi' }, limits: { cpu: '1200m', memory: '1G' } },
    });
    expect(problems).to.deep.equal([
      'spec.resources.requests.cpu: 1.5 is more than the limit, 1200m',
      'spec.resources.requests.memory: 1Gi is more than the limit, 1G',
    ]);
  });

  it('are taken otherwise', () => {
    for (const resources of [
      { requests: { cpu: '500m' }, limits: { cpu: '0.5', memory: '1Mi' } },
      { requests: { memory: '64Gi' } },
      { limits: { cpu: '1' } },
    ])
      expect(problemsOfResources({ resources })).to.deep.equal([]);
    expect(problemsOfResources({})).to.deep.equal([]);
  });
});
