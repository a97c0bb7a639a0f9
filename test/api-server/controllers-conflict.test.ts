import { expect } from 'chai';
import { ClusterScene, hurriedClock } from '../fakes/cluster-scene.ts';
import { eventually } from '../fakes/folder.ts';
import { childOf, policy, target } from '../fakes/resources.ts';

const NAME = childOf('default');

describe('objects that are not ours, on a real API server', function () {
  this.timeout(60_000);
  // Half a minute to the next look is a second here.
  const scene = new ClusterScene('conflict', { clock: hurriedClock(30) });
  const ready = async () => (await scene.condition('gpol', 'guard', 'Ready'))!;

  it('are never taken over: the status says which is in the way, and nothing else is made', async () => {
    await scene.namespace.kubectl(['create', 'service', 'clusterip', NAME, '--tcp=80:80']);
    await scene.apply(policy('guard'), target('mock'));
    await eventually(async () => (await ready())?.reason === 'Conflicted', 'the conflict');
    expect((await ready()).message).to.contain(
      `Service ${scene.namespace.name}/${NAME} exists and is not managed by`,
    );
    const service = await scene.get('service', NAME);
    expect(service.spec!['selector']).to.deep.equal({ app: NAME });
    expect(await scene.exists('configmap', NAME)).to.equal(false);
    expect(await scene.exists('deployment', NAME)).to.equal(false);
  });

  it('are no longer in the way once they are gone, without another change of ours', async () => {
    await scene.delete('service', NAME);
    await scene.children('default', 'all');
    await scene.run();
    expect(await ready()).to.include({ status: 'True', reason: 'Programmed' });
  });

  it('are not ours for one label: a ConfigMap of that name that names another gateway', async () => {
    await scene.namespace.kubectl(['delete', 'gpol,ptgt', '--all']);
    await scene.children('default', 'none');
    await scene.settled();
    const labels = {
      'app.kubernetes.io/managed-by': 'keeptrusts-operator',
      'governance.keeptrusts.com/gateway': 'other',
    };
    const data = { mine: 'yes' };
    await scene.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: NAME, labels }, data });
    await scene.apply(policy('guard'), target('mock'));
    await eventually(async () => (await ready())?.reason === 'Conflicted', 'the conflict');
    expect((await scene.get('configmap', NAME)).data).to.deep.equal(data);
    await scene.delete('configmap', NAME);
    await scene.children('default', 'all');
  });
});
