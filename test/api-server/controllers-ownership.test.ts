import { expect } from 'chai';
import { ClusterScene } from '../fakes/cluster-scene.ts';
import { eventually } from '../fakes/folder.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { childOf, gateway, policy, target } from '../fakes/resources.ts';

const NAME = childOf('default');

describe('ownership on a real API server', function () {
  this.timeout(60_000);
  const scene = new ClusterScene('owners');
  const owners = async (kind = 'configmap'): Promise<string[]> =>
    ((await scene.get(kind, NAME)).metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind} ${name}`);

  it('is shared by every policy and target of the namespace, and given up one by one', async () => {
    await scene.apply(policy('a'), policy('b'), target('t'));
    await scene.children('default', 'all');
    await scene.settled();
    const { uid } = (await scene.get('deployment', NAME)).metadata;
    expect(await owners()).to.deep.equal(['GovernancePolicy a', 'GovernancePolicy b', 'ProviderTarget t']);
    await scene.delete('gpol', 'a');
    await eventually(async () => (await owners('deployment')).length === 2, 'the owner to be given up');
    await scene.settled();
    expect(await owners()).to.deep.equal(['GovernancePolicy b', 'ProviderTarget t']);
    expect((await scene.get('deployment', NAME)).metadata.uid).to.equal(uid);
    await scene.delete('gpol', 'b');
    await scene.children('default', 'none');
  });

  it('leaves the references of others alone', async () => {
    await scene.apply(policy('a'), policy('b'), target('t'));
    await scene.children('default', 'all');
    await scene.namespace.kubectl(['create', 'configmap', 'other']);
    const { uid } = (await scene.get('configmap', 'other')).metadata;
    const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'other', uid };
    const add = [{ op: 'add', path: '/metadata/ownerReferences/-', value: reference }];
    await scene.namespace.kubectl(['patch', 'service', NAME, '--type=json', '-p', JSON.stringify(add)]);
    await scene.settled();
    await scene.delete('gpol', 'a');
    await scene.settled();
    expect(await owners('service')).to.have.members([
      'ConfigMap other',
      'GovernancePolicy b',
      'ProviderTarget t',
    ]);
  });

  it('is enough for the cluster to clean up while the operator is away', async function () {
    if (!testCluster().collects) this.skip();
    await scene.settled();
    await scene.delete('configmap', 'other');
    await scene.stop();
    await scene.namespace.kubectl(['delete', 'gpol,ptgt', '--all']);
    await scene.children('default', 'none');
    await scene.restart();
    await scene.settled();
    expect(scene.operator.client.take()).to.deep.equal({});
  });

  it('moves with a declared gateway: the objects of the one that is no longer wanted are deleted', async () => {
    await scene.apply(policy('a'), target('t'));
    await scene.children('default', 'all');
    // Somebody's copy, labels and all, is somebody's.
    const { metadata, data } = await scene.get('configmap', NAME);
    const { labels } = metadata;
    await scene.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'copy', labels }, data });
    await scene.apply(gateway('edge'));
    await scene.children('edge', 'all');
    await scene.children('default', 'none');
    const edge = (await scene.get('deployment', childOf('edge'))).metadata.ownerReferences!;
    expect(edge.map(({ kind, name }) => `${kind} ${name}`)).to.deep.equal(['GovernanceGateway edge']);
    expect(await scene.exists('configmap', 'copy')).to.equal(true);
    await scene.delete('ggw', 'edge');
    await scene.children('edge', 'none');
    await scene.children('default', 'all');
  });

  for (const cascade of ['foreground', 'orphan']) {
    it(`ends with its gateway when that is deleted with --cascade=${cascade}`, async function () {
      if (!testCluster().collects) this.skip();
      await scene.apply(policy('a'), target('t'), gateway('edge'));
      await scene.children('edge', 'all');
      await scene.settled();
      scene.operator.client.take();
      await scene.namespace.kubectl(['delete', 'ggw', 'edge', `--cascade=${cascade}`]);
      await scene.children('edge', 'none');
      await scene.children('default', 'all');
      await scene.settled();
      expect(await scene.exists('deployment', childOf('edge'))).to.equal(false);
      // No fight with the collector over what it deletes.
      const applied = Object.entries(scene.operator.client.take()).filter(([call]) => call.endsWith('-edge'));
      for (const [call, times] of applied) expect(times, call).to.be.at.most(3);
    });
  }
});
