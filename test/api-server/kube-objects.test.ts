import { expect } from 'chai';
import { API_VERSION } from '../../operator/domain/snapshot.ts';
import type { KubeObjects } from '../../operator/kube/objects.ts';
import { standardLabels } from '../../operator/render/labels.ts';
import type { Manifest } from '../../operator/runtime/objects.ts';
import { eventually } from '../fakes/folder.ts';
import { connect, type TestClient } from '../fakes/kube-client.ts';
import { useNamespace } from '../fakes/namespaces.ts';

describe('objects on a real API server', () => {
  const watched = useNamespace('objects');
  const other = useNamespace('objects-other');
  let test: TestClient;
  let objects: KubeObjects;
  const told: string[] = [];

  const target = (name: string, namespace = watched.name): Manifest => ({
    apiVersion: API_VERSION,
    kind: 'ProviderTarget',
    metadata: { name, namespace },
    spec: { provider: 'mock' },
  });
  const names = (kind: string, namespace?: string): string[] =>
    objects.cache.list(kind, namespace).map(({ metadata }) => metadata.name);

  before(async () => {
    test = await connect();
    await watched.kubectl(['apply', '-f', '-'], target('early'));
    objects = test.objects([watched.name]);
    objects.cache.onChange((ref, object) =>
      told.push(`${ref.kind} ${ref.name} ${object === undefined ? 'gone' : 'here'}`),
    );
    await objects.start(AbortSignal.timeout(20_000));
  });
  after(async () => {
    await objects.stop();
    await test.kube.close();
  });
  beforeEach(() => {
    told.length = 0;
  });

  it('are what was there at the start', () => {
    expect(names('ProviderTarget')).to.deep.equal(['early']);
    expect(objects.cache.list('ProviderTarget')[0]).to.deep.include({
      kind: 'ProviderTarget',
      apiVersion: API_VERSION,
    });
  });

  it('are what people and we make, change and delete', async () => {
    await watched.kubectl(['apply', '-f', '-'], target('late'));
    await eventually(() => names('ProviderTarget').includes('late'), 'the object');
    const { metadata } = objects.cache.get({
      kind: 'ProviderTarget',
      namespace: watched.name,
      name: 'late',
    })!;
    expect(metadata).to.not.have.property('managedFields');
    expect(metadata.annotations ?? {}).to.deep.equal({});
    const ref = { kind: 'ProviderTarget', namespace: watched.name, name: 'late' };
    expect(await objects.read(ref)).to.deep.equal(objects.cache.get(ref));
    await objects.delete(ref, metadata.uid);
    await eventually(() => !names('ProviderTarget').includes('late'), 'the deletion');
    expect(told).to.deep.equal(['ProviderTarget late here', 'ProviderTarget late gone']);
  });

  it('are of the cluster’s own kinds only those that we made, and leave the cache with our label', async () => {
    const configMap = (name: string, labels: Record<string, string>): Manifest => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: watched.name, labels },
    });
    await watched.kubectl(['apply', '-f', '-'], configMap('foreign', {}));
    await objects.apply(configMap('ours', standardLabels('default')));
    await eventually(() => names('ConfigMap').length === 1, 'the object');
    expect(names('ConfigMap')).to.deep.equal(['ours']);
    await watched.kubectl(['label', 'configmap', 'ours', 'app.kubernetes.io/managed-by-']);
    await eventually(() => names('ConfigMap').length === 0, 'the end of it in the cache');
  });

  it('are of the namespaces that were named', async () => {
    await other.kubectl(['apply', '-f', '-'], target('elsewhere', other.name));
    await watched.kubectl(['apply', '-f', '-'], target('here'));
    await eventually(() => names('ProviderTarget').includes('here'), 'the object');
    expect(names('ProviderTarget', other.name)).to.deep.equal([]);
  });

  it('need one request for an apply, and none to be followed', async () => {
    test.requests.length = 0;
    await objects.apply({ ...target('counted'), metadata: { name: 'counted', namespace: watched.name } });
    await eventually(() => names('ProviderTarget').includes('counted'), 'the object');
    expect(test.requests).to.deep.equal(['apply ProviderTarget 201']);
    expect(test.ends).to.deep.equal([]);
  });
});
