import { expect } from 'chai';
import { configFiles, serverArguments } from '../../../hack/cluster/arguments.ts';
import { certificates } from '../../../hack/cluster/certificates.ts';
import { configurationFiles } from '../../../hack/cluster/configuration.ts';
import { layoutOf } from '../../../hack/cluster/layout.ts';
import { firstObjects, people, volumeFolders } from '../../../hack/cluster/objects.ts';

const host = { networkPlugins: '/opt/cni/bin', snapshotter: 'overlayfs' } as const;
const [main, test] = [layoutOf('main'), layoutOf('test')];

describe('the two places of a cluster', () => {
  it('share nothing on a machine', () => {
    for (const name of ['state', 'cgroup', 'link', 'nodeAddress', 'hostAddress', 'apiUrl'] as const)
      expect(main[name], name).to.not.equal(test[name]);
    const text = JSON.stringify([serverArguments(test), configurationFiles(test, host), firstObjects(test)]);
    expect(text).to.not.match(/keeptrusts-cluster(?!-test)/);
    expect(text).to.not.include(main.nodeAddress.concat(':'));
  });

  it('keep everything below their folder, and a name that a network device can have', () => {
    for (const layout of [main, test]) {
      for (const path of Object.values(layout.paths))
        expect(path.startsWith(`${layout.state}/`)).to.equal(true);
      expect(layout.link.length).to.be.at.most(15);
    }
  });
});

describe('the configuration of the parts', () => {
  it('names the plugins and the way of this machine to stack file systems', () => {
    const text = configurationFiles(main, host)[configFiles(main).containerd];
    expect(text).to.include('bin_dir = "/opt/cni/bin"').and.to.include('snapshotter = "overlayfs"');
  });

  it('lets nobody call the kubelet without a name', () => {
    const kubelet = JSON.parse(configurationFiles(main, host)[configFiles(main).kubelet]!);
    expect(kubelet.authentication.anonymous.enabled).to.equal(false);
    expect(kubelet.authorization.mode).to.equal('Webhook');
  });

  it('gives each part the certificate of who it is', () => {
    const names = Object.fromEntries(certificates(main).map((one) => [one.file, one]));
    expect(names['node']).to.include({
      commonName: 'system:node:keeptrusts-node',
      organization: 'system:nodes',
    });
    expect(names['kube-apiserver']!.addresses).to.include.members([main.nodeAddress, '10.96.0.1']);
    const admins = certificates(main).filter(({ organization }) => organization === 'system:masters');
    expect(admins.map(({ file }) => file)).to.deep.equal([
      'kubelet-client',
      'kube-controller-manager',
      'admin',
    ]);
  });

  it('binds nobody of the people to more than looking at one namespace', () => {
    const bindings = firstObjects(main).filter((one) => (one as { kind: string }).kind === 'RoleBinding');
    expect(bindings).to.have.length(people.filter(({ namespace }) => namespace !== null).length);
    for (const binding of bindings) expect(binding).to.have.nested.property('roleRef.name', 'view');
  });

  it('makes a volume of each folder', () => {
    const volumes = firstObjects(main).filter((one) => (one as { kind: string }).kind === 'PersistentVolume');
    const used = volumes.map((one) => (one as { spec: { local: { path: string } } }).spec.local.path);
    expect(used).to.deep.equal(volumeFolders(main));
  });
});
