import { expect } from 'chai';
import { type Machine, machineObstacle } from '../../../hack/cluster/machine.ts';

const machine = (missing: readonly string[], networkPlugins: string | null = '/usr/lib/cni'): Machine => ({
  path: '/bin',
  networkPlugins,
  find: (program) => (missing.includes(program) ? null : `/bin/${program}`),
});

describe('what a cluster needs of a machine', () => {
  it('is found', () => {
    expect(machineObstacle(machine([]), 'linux', 0)).to.equal(null);
  });

  it('is Linux, and elsewhere Docker', () => {
    expect(machineObstacle(machine([]), 'darwin', 0))
      .to.include('needs Linux')
      .and.to.include('hack/kind');
  });

  it('is root, and that is said before what else is missing', () => {
    expect(machineObstacle(machine(['runc']), 'linux', 1000))
      .to.include('needs root')
      .and.to.include('sudo');
  });

  it('names all packages that are missing at once, each once', () => {
    const said = machineObstacle(machine(['containerd', 'ctr', 'runc'], null), 'linux', 0);
    expect(said).to.match(/^it lacks containerd runc containernetworking-plugins\. /);
    expect(said).to.include('apt-get install --no-install-recommends containerd runc ');
  });
});
