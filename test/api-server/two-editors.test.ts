import { expect } from 'chai';
import { CONFIG_KEYS } from '../../operator/render/names.ts';
import { ClusterScene } from '../fakes/cluster-scene.ts';
import { KubeApi } from '../fakes/kube-api.ts';
import { kubectl, testCluster } from '../fakes/kubectl.ts';
import { childOf, type Json, policy, target } from '../fakes/resources.ts';

describe('two people who edit one object at once', function () {
  this.timeout(60_000);
  const scene = new ClusterScene('editors');
  let api: KubeApi;
  const path = (): string =>
    `/apis/governance.keeptrusts.com/v1alpha1/namespaces/${scene.namespace.name}/governancepolicies/guard`;
  const document = async (): Promise<string> =>
    (await scene.get('configmap', childOf('default'))).data![CONFIG_KEYS.document]!;

  before(async () => {
    api = new KubeApi(testCluster().kubeconfig);
    await scene.apply(policy('guard'), target('mock'));
    await scene.children('default', 'all');
    await scene.run();
  });
  after(() => api.close());

  it('do not undo each other: the second is told, reads again, and both edits are in force', async () => {
    const read = (): Promise<Json> => api.must('GET', path());
    const edited = (object: Json, change: (spec: Json) => void): Json => {
      const copy = structuredClone(object);
      change(copy['spec'] as Json);
      return copy;
    };
    const slower = (spec: Json): void => {
      spec['identity'] = { anonymousCallers: 'Allowed' };
    };
    /** As clients do: where another write came between, also one of a status, reads again. Returns what it had read. */
    const edit = async (change: (spec: Json) => void): Promise<Json> => {
      for (;;) {
        const object = await read();
        const answer = await api.call('PUT', path(), edited(object, change));
        if (answer.status === 200) return object;
        expect(answer.status).to.equal(409);
      }
    };
    const second = await edit((spec) => {
      spec['limits'] = { maxBodyBytes: 4096 };
    });
    const refused = await api.call('PUT', path(), edited(second, slower));
    expect(refused.status).to.equal(409);
    expect(refused.body['message']).to.include('the object has been modified');
    await edit(slower);
    await scene.run();
    expect(await document())
      .to.match(/anonymous: true/)
      .and.to.match(/max_body_bytes: 4096/);
    expect((await scene.condition('gpol', 'guard', 'Ready'))!.observedGeneration).to.equal(3);
  });

  it('by server-side apply are told whose field it is, and share an object field by field', async () => {
    const apply = (who: string, spec: Json): Promise<string> =>
      kubectl(
        ['--namespace', scene.namespace.name, 'apply', '--server-side', `--field-manager=${who}`, '-f', '-'],
        { input: { ...policy('shared'), spec } },
      );
    await apply('platform', { mode: 'Observe', limits: { maxBodyBytes: 8192 } });
    const said = await apply('team', { mode: 'Enforce' }).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(said).to.include('conflict with "platform": .spec.mode');
    await apply('team', { identity: { anonymousCallers: 'Denied' } });
    expect((await scene.get('gpol', 'shared')).spec).to.deep.include({
      mode: 'Observe',
      limits: { maxBodyBytes: 8192 },
      identity: { anonymousCallers: 'Denied' },
    });
  });

  it('are not disturbed by the operator: its writes of the status touch no field of theirs', async () => {
    await scene.run();
    const { metadata } = (await scene.get('gpol', 'shared')) as unknown as {
      metadata: {
        generation: number;
        managedFields: { manager: string; subresource?: string; fieldsV1: Json }[];
      };
    };
    const owners = metadata.managedFields.map(
      ({ manager, subresource }) => `${manager} ${subresource ?? ''}`,
    );
    expect(owners.sort()).to.deep.equal(['keeptrusts-operator-status status', 'platform ', 'team ']);
    const own = metadata.managedFields.find(({ subresource }) => subresource === 'status')!;
    expect(Object.keys(own.fieldsV1)).to.deep.equal(['f:status']);
    expect(metadata.generation).to.equal(2);
  });
});
