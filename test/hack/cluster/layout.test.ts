import { expect } from 'chai';
import { layoutOf, npmCommand } from '../../../hack/cluster/layout.ts';
import { inNetwork } from '../../../hack/cluster/processes.ts';

describe('the places of a cluster', () => {
  it('each have a command of their own to be removed', () => {
    expect(npmCommand(layoutOf('main'), 'down')).to.equal('npm run cluster:down');
    expect(npmCommand(layoutOf('test'), 'down')).to.equal('npm run cluster:down -- --test');
  });

  it('are told apart where no cluster runs', () => {
    const empty = { ...layoutOf('test'), cgroup: 'keeptrusts-cluster-none' };
    expect(() => inNetwork(empty, ['ip'])).to.throw('no cluster runs here: npm run cluster:up -- --test');
  });
});
