import { expect } from 'chai';
import { DeploymentOverlay } from '../../../operator/cluster/overlay.ts';
import { ObjectStore } from '../../../operator/local/object-store.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import type { KubeObject, Manifest } from '../../../operator/runtime/objects.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { TestFolder } from '../../fakes/folder.ts';

const metadata = { namespace: 'team', name: 'web' };
const deployment = (replicas = 1): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: { replicas, paused: true },
});
const ref = { kind: 'Deployment', ...metadata };

describe('status of Deployments beside a cluster', () => {
  let folder: TestFolder;
  let inner: ObjectStore;
  let overlay: DeploymentOverlay;
  let changes: [unknown, unknown][];
  let uid: number;

  const ours = (readyReplicas: number) => overlay.applyStatus({ ...deployment(), status: { readyReplicas } });
  const theirs = (status: object) => inner.applyStatus({ ...deployment(), status });
  const status = (object: KubeObject | undefined): unknown => object?.status;

  beforeEach(() => {
    folder = new TestFolder();
    uid = 0;
    inner = new ObjectStore(
      { dir: folder.path },
      { clock: new FakeClock(), uid: () => `uid-${++uid}`, log: silentLog, admit: (manifest) => manifest },
    );
    overlay = new DeploymentOverlay(inner);
    changes = [];
    overlay.cache.onChange((_, object, previous) => changes.push([status(object), status(previous)]));
  });
  afterEach(() => folder.remove());

  it('is what runs here, and never what the cluster’s own controller wrote', async () => {
    await overlay.apply(deployment());
    await theirs({ observedGeneration: 1, conditions: [{ type: 'Progressing', status: 'Unknown' }] });
    expect(overlay.cache.get(ref)).to.not.have.property('status');
    expect(await overlay.read(ref)).to.not.have.property('status');
    await ours(1);
    await theirs({ observedGeneration: 2 });
    expect(overlay.cache.get(ref)!.status).to.deep.equal({ readyReplicas: 1 });
    expect(overlay.cache.list('Deployment', 'team').map(status)).to.deep.equal([{ readyReplicas: 1 }]);
    expect(inner.cache.get(ref)!.status).to.deep.equal({ observedGeneration: 2 });
  });

  it('is told to listeners when it changes, once', async () => {
    await overlay.apply(deployment());
    await ours(1);
    await ours(1);
    await ours(2);
    expect(changes).to.deep.equal([
      [undefined, undefined],
      [{ readyReplicas: 1 }, undefined],
      [{ readyReplicas: 2 }, { readyReplicas: 1 }],
    ]);
  });

  it('gives the same object to who asks twice', async () => {
    await overlay.apply(deployment());
    await ours(1);
    expect(overlay.cache.get(ref)).to.equal(overlay.cache.get(ref));
    await overlay.apply(deployment(2));
    expect(overlay.cache.get(ref)).to.deep.include({ status: { readyReplicas: 1 } });
    expect(overlay.cache.get(ref)!.spec).to.deep.equal({ replicas: 2, paused: true });
  });

  it('is of Deployments that this process applied, and the node sees no others', async () => {
    await inner.apply({ ...deployment(7), metadata: { ...metadata, name: 'foreign' } });
    await inner.apply(deployment(7));
    expect(overlay.node.cache.list('Deployment')).to.deep.equal([]);
    expect(overlay.cache.list('Deployment')).to.have.length(2);
    const seen: [string, number | undefined][] = [];
    overlay.node.cache.onChange(({ name }, object) =>
      seen.push([name, (object?.spec as { replicas?: number } | undefined)?.replicas]),
    );
    await overlay.apply(deployment(1));
    await ours(1);
    // Somebody changes it, and somebody removes it.
    await inner.apply({ ...deployment(9), labels: {} });
    expect(overlay.node.cache.get(ref)).to.deep.include({
      spec: { replicas: 1, paused: true },
      status: { readyReplicas: 1 },
    });
    await inner.delete(ref, inner.cache.get(ref)!.metadata.uid);
    expect(overlay.node.cache.get(ref)).to.equal(undefined);
    expect(seen).to.deep.equal([
      ['web', 1],
      ['web', undefined],
    ]);
  });

  it('lets the node see ConfigMaps as the cluster has them', async () => {
    const seen: string[] = [];
    overlay.node.cache.onChange(({ kind }) => seen.push(kind));
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: 'b' } };
    await inner.apply(config);
    expect(seen).to.deep.equal(['ConfigMap']);
    expect(overlay.node.cache.get({ ...ref, kind: 'ConfigMap' })!.data).to.deep.equal({ a: 'b' });
  });

  it('does not pass to another Deployment of the same name', async () => {
    await overlay.apply(deployment());
    await ours(1);
    await overlay.delete(ref, 'uid-1');
    expect(changes.at(-1)).to.deep.equal([undefined, { readyReplicas: 1 }]);
    await overlay.apply(deployment());
    expect(overlay.cache.get(ref)).to.not.have.property('status');
  });

  it('cannot be written for a Deployment that is gone', async () => {
    const failure = await ours(1).catch((error: Error) => error);
    expect(failure).to.have.property('reason', 'NotFound');
  });

  it('leaves the status of every other kind to the API server', async () => {
    const policy = { apiVersion: 'x/v1', kind: 'GovernancePolicy', metadata };
    await overlay.apply(policy);
    await overlay.applyStatus({ ...policy, status: { ok: true } });
    expect(inner.cache.get({ kind: 'GovernancePolicy', ...metadata })!.status).to.deep.equal({ ok: true });
  });
});
