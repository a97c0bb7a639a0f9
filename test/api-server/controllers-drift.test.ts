import { expect } from 'chai';
import { sameJson } from '../../operator/runtime/json.ts';
import { ClusterScene } from '../fakes/cluster-scene.ts';
import { eventually } from '../fakes/folder.ts';
import { childOf, policy, target } from '../fakes/resources.ts';

const NAME = childOf('default');
const POD = '/spec/template/spec';
const SIDECAR = { name: 'sidecar', image: 'example/sidecar:1' };

describe('drift on a real API server', function () {
  this.timeout(60_000);
  const scene = new ClusterScene('drift');
  before(async () => {
    await scene.apply(policy('guard'), target('mock'));
    await scene.run();
  });
  beforeEach(async () => {
    await scene.settled();
    scene.operator.drift.length = 0;
    scene.operator.client.take();
  });

  it('is put back and counted: a document, a number of replicas, an owner, a label', async () => {
    const before = await scene.get('configmap', NAME);
    await scene.patch('configmap', NAME, { data: { 'policy-config.yaml': 'open to all' } });
    await eventually(
      async () => (await scene.get('configmap', NAME)).data!['policy-config.yaml'] !== 'open to all',
      'the document',
    );
    expect((await scene.get('configmap', NAME)).data).to.deep.equal(before.data);
    await scene.namespace.kubectl(['scale', 'deployment', NAME, '--replicas=7']);
    await eventually(
      async () => (await scene.get('deployment', NAME)).spec!['replicas'] === 1,
      'the number of replicas',
    );
    await scene.patch('service', NAME, { metadata: { ownerReferences: null } });
    await eventually(
      async () => (await scene.get('service', NAME)).metadata.ownerReferences?.length === 2,
      'the owners',
    );
    await scene.settled();
    expect(scene.operator.drift).to.deep.equal(['ConfigMap', 'Deployment', 'Service']);
  });

  it('is put back where the labels that we watch by were taken away', async () => {
    for (const label of ['app.kubernetes.io/managed-by', 'governance.keeptrusts.com/gateway']) {
      await scene.patch('service', NAME, { metadata: { labels: { [label]: null } } });
      await eventually(
        async () => (await scene.get('service', NAME)).metadata.labels?.[label] !== undefined,
        `the label ${label}`,
      );
      await scene.settled();
    }
    expect(scene.operator.drift).to.deep.equal(['Service', 'Service']);
  });

  it('is an object that was made immutable as well, which is made anew when a rule changes', async () => {
    await scene.patch('configmap', NAME, { immutable: true });
    await scene.settled();
    expect(scene.operator.drift).to.deep.equal([]);
    const { uid } = (await scene.get('configmap', NAME)).metadata;
    await scene.apply(policy('guard', { limits: { maxBodyBytes: 4321 } }));
    await eventually(
      async () =>
        (await scene.get('configmap', NAME).catch(() => null))?.data?.['policy-config.yaml']?.includes(
          '4321',
        ) === true,
      'the changed rule',
    );
    await scene.settled();
    expect((await scene.get('configmap', NAME)).metadata.uid).to.not.equal(uid);
    expect(scene.operator.drift).to.deep.equal(['ConfigMap']);
    await scene.run();
    expect(await scene.condition('governancepolicy', 'guard', 'Ready')).to.include({ status: 'True' });
  });

  it('is a deleted object as well', async () => {
    const { uid } = (await scene.get('serviceaccount', NAME)).metadata;
    await scene.delete('serviceaccount', NAME);
    await scene.children('default', 'all');
    await scene.settled();
    expect((await scene.get('serviceaccount', NAME)).metadata.uid).to.not.equal(uid);
    expect(scene.operator.drift).to.deep.equal(['ServiceAccount']);
  });

  it('is what others add to the pods: a container, a variable, a volume; and a pause', async () => {
    const before = await scene.get('deployment', NAME);
    const additions: [string, object[]][] = [
      ['paused', [{ op: 'replace', path: '/spec/paused', value: true }]],
      ['containers', [{ op: 'add', path: `${POD}/containers/-`, value: SIDECAR }]],
      ['initContainers', [{ op: 'add', path: `${POD}/initContainers`, value: [SIDECAR] }]],
      [
        'env',
        [{ op: 'add', path: `${POD}/containers/0/env/-`, value: { name: 'NODE_OPTIONS', value: 'x' } }],
      ],
      ['command', [{ op: 'add', path: `${POD}/containers/0/command`, value: ['/bin/sh'] }]],
      ['volumes', [{ op: 'add', path: `${POD}/volumes/-`, value: { name: 'other', emptyDir: {} } }]],
      ['hostNetwork', [{ op: 'add', path: `${POD}/hostNetwork`, value: true }]],
    ];
    for (const [name, operations] of additions) {
      const changes = ['--type=json', '-p', JSON.stringify(operations)];
      await scene.namespace.kubectl(['patch', 'deployment', NAME, ...changes]);
      await eventually(
        async () => sameJson((await scene.get('deployment', NAME)).spec, before.spec),
        `an end of ${name}`,
      );
      await scene.settled();
    }
    expect(scene.operator.drift).to.deep.equal(additions.map(() => 'Deployment'));
    // A set of the operator's own fields beside the applied one would keep what it no longer applies.
    const { managedFields } = (await scene.get('deployment', NAME)).metadata;
    const ours = managedFields!.filter(({ manager }) => manager === 'keeptrusts-operator');
    expect(ours.map(({ operation }) => operation)).to.deep.equal(['Apply']);
  });

  it('is not what others add elsewhere: an annotation, a restart, where pods are placed', async () => {
    const placed = { nodeSelector: { disk: 'ssd' }, imagePullSecrets: [{ name: 'registry' }] };
    const annotations = { 'kubectl.kubernetes.io/restartedAt': '2026-01-01T00:00:00Z' };
    await scene.patch('deployment', NAME, {
      metadata: { annotations: { 'example.com/note': 'mine' } },
      spec: { template: { metadata: { annotations }, spec: placed } },
    });
    await scene.settled();
    // Again for a change of ours.
    await scene.apply(
      target('mock', { credentialSecretRef: { name: 'openai', key: 'key' }, provider: 'openai' }),
    );
    await scene.settled();
    const { metadata, spec } = await scene.get('deployment', NAME);
    const template = spec!['template'] as {
      metadata: { annotations: object };
      spec: { volumes: { name: string }[] };
    };
    expect(template.spec).to.deep.include(placed);
    expect(template.metadata.annotations).to.include(annotations);
    expect(template.spec.volumes.map(({ name }) => name)).to.include('secrets');
    expect(metadata.annotations).to.include({ 'example.com/note': 'mine' });
    expect(scene.operator.drift).to.deep.equal([]);
    // What we no longer set is given up, and what others set stays.
    await scene.apply(target('mock', { credentialSecretRef: null, provider: 'mock' }));
    await scene.settled();
    const after = (await scene.get('deployment', NAME)).spec!['template'] as typeof template;
    expect(after.spec.volumes.map(({ name }) => name)).to.not.include('secrets');
    expect(after.spec).to.deep.include(placed);
    expect(scene.operator.drift).to.deep.equal([]);
  });

  it('was none when the server fills in its defaults, nor when our own writes come back', async () => {
    await scene.apply(policy('guard', { limits: { maxBodyBytes: 8192 } }));
    await scene.settled();
    const writes = Object.entries(scene.operator.client.take()).filter(([call]) => !call.startsWith('read '));
    expect(Object.fromEntries(writes)).to.deep.equal({
      [`apply ConfigMap/${NAME}`]: 1,
      'status GovernancePolicy/guard': 1,
    });
    expect(scene.operator.drift).to.deep.equal([]);
  });
});
