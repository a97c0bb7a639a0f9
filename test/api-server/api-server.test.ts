import { expect } from 'chai';
import { eventually } from '../fakes/folder.ts';
import { kubectl, testCluster } from '../fakes/kubectl.ts';
import { useNamespace } from '../fakes/namespaces.ts';

const owner = (uid: string) => [
  { apiVersion: 'governance.keeptrusts.com/v1alpha1', kind: 'GovernanceGateway', name: 'owner', uid },
];

describe('the API server of the tier', () => {
  const namespace = useNamespace('tier');

  it('is ready, and serves our kinds to kubectl', async () => {
    expect(await kubectl(['get', '--raw', '/readyz'])).to.equal('ok');
    const kinds = await kubectl(['api-resources', '--categories=governance', '-o', 'name']);
    expect(kinds.trim().split('\n')).to.have.members([
      'governancegateways.governance.keeptrusts.com',
      'governancepolicies.governance.keeptrusts.com',
      'providertargets.governance.keeptrusts.com',
    ]);
  });

  it('has our CRDs as kubectl apply leaves them: who applies them again is warned of nothing', async () => {
    const lastApplied =
      'jsonpath={.metadata.annotations.kubectl\\.kubernetes\\.io/last-applied-configuration}';
    const crd = 'crd/governancepolicies.governance.keeptrusts.com';
    expect(await kubectl(['get', crd, '-o', lastApplied])).to.not.equal('');
  });

  it('collects what an object of ours owned, once that is deleted', async function () {
    if (!testCluster().collects) this.skip();
    await namespace.kubectl(['apply', '-f', '-'], {
      apiVersion: 'governance.keeptrusts.com/v1alpha1',
      kind: 'GovernanceGateway',
      metadata: { name: 'owner' },
      spec: {},
    });
    const uid = await namespace.kubectl(['get', 'ggw', 'owner', '-o', 'jsonpath={.metadata.uid}']);
    await namespace.kubectl(['apply', '-f', '-'], {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'owned', ownerReferences: owner(uid) },
    });
    await namespace.kubectl(['delete', 'ggw', 'owner']);
    await eventually(
      async () => (await namespace.kubectl(['get', 'configmaps', '-o', 'name'])) === '',
      'the collection',
      20_000,
    );
  });

  it('gives a namespace its service account', async function () {
    if (!testCluster().collects) this.skip();
    await eventually(
      async () =>
        (await namespace.kubectl(['get', 'serviceaccounts', '-o', 'name'])).includes(
          'serviceaccount/default',
        ),
      'the service account',
    );
  });
});
