import { expect } from 'chai';
import { Children } from '../../../operator/controllers/children.ts';
import { Contested, NotOurs } from '../../../operator/controllers/ownership.ts';
import { ObjectStore } from '../../../operator/local/object-store.ts';
import { renderGateway } from '../../../operator/render/index.ts';
import { IMPLICIT_SHAPE } from '../../../operator/render/shape.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import { type KubeObject, type Manifest, ObjectError } from '../../../operator/runtime/objects.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { CountingClient } from '../../fakes/counting-client.ts';
import { TestFolder } from '../../fakes/folder.ts';
import { LaggingClient } from '../../fakes/lagging-client.ts';

const NAME = 'keeptrusts-default';
const KINDS = ['ConfigMap', 'ServiceAccount', 'Service', 'Deployment'];
const owner = (n: number) => ({
  apiVersion: 'governance.keeptrusts.com/v1alpha1',
  kind: 'GovernancePolicy',
  name: `p${n}`,
  uid: `owner-${n}`,
});

function manifests(document: string, owners = [owner(1)]): Manifest[] {
  return renderGateway({
    namespace: 'team-a',
    gateway: 'default',
    owners,
    shape: IMPLICIT_SHAPE,
    image: 'keeptrusts/gateway:test',
    paused: false,
    credentials: [],
    reports: false,
    revision: { number: 1, hash: 'a'.repeat(64) },
    document,
    accepted: '[]',
    sources: '{}',
  });
}

describe('children of a gateway', () => {
  let folder: TestFolder;
  let store: ObjectStore;
  let lagging: LaggingClient;
  let client: CountingClient;
  let clock: FakeClock;
  let drift: string[];
  let children: Children;
  const context = { signal: new AbortController().signal, log: silentLog };
  const apply = (wanted: Manifest[]): Promise<void> => children.apply(wanted, context);
  const stored = (kind: string): KubeObject => store.cache.get({ kind, namespace: 'team-a', name: NAME })!;

  beforeEach(async () => {
    folder = new TestFolder();
    clock = new FakeClock();
    let uid = 0;
    store = new ObjectStore(
      { dir: folder.path },
      { clock, uid: () => `uid-${++uid}`, log: silentLog, admit: (manifest) => manifest },
    );
    lagging = new LaggingClient(store);
    client = new CountingClient(lagging);
    drift = [];
    children = new Children({ client, clock, drift: { driftCorrected: (kind) => drift.push(kind) } });
    // The store collects what has no owner left.
    for (const n of [1, 2]) {
      const { uid: _, ...ref } = owner(n);
      await store.apply({ ...ref, metadata: { name: ref.name, namespace: 'team-a' } });
    }
  });
  afterEach(() => folder.remove());

  const owners = (...numbers: number[]) =>
    numbers.map((n) => ({
      ...owner(n),
      uid: store.cache.get({ kind: 'GovernancePolicy', namespace: 'team-a', name: `p${n}` })!.metadata.uid,
    }));
  const wanted = (document: string, ...numbers: number[]): Manifest[] =>
    manifests(document, owners(...(numbers.length === 0 ? [1] : numbers)));

  it('are looked for past the cache before they are made, since they may be somebody’s', async () => {
    await apply(wanted('a'));
    expect(client.calls).to.deep.equal([
      ...KINDS.map((kind) => `read ${kind}/${NAME}`),
      ...KINDS.map((kind) => `apply ${kind}/${NAME}`),
    ]);
  });

  it('cost no call while they are as they were left, whatever their status says', async () => {
    await apply(wanted('a'));
    lagging.catchUp();
    client.take();
    await store.applyStatus({ ...stored('Deployment'), status: { readyReplicas: 1 } });
    lagging.catchUp();
    await apply(wanted('a'));
    expect(client.take()).to.deep.equal({});
  });

  it('cost one call where one is to change', async () => {
    await apply(wanted('a'));
    lagging.catchUp();
    client.take();
    await apply(wanted('b'));
    expect(client.take()).to.deep.equal({ [`apply ConfigMap/${NAME}`]: 1 });
    expect(drift).to.deep.equal([]);
  });

  it('are not taken for drifted while the cache shows what was before our own write', async () => {
    await apply(wanted('a'));
    lagging.catchUp();
    await apply(wanted('b'));
    client.take();
    await apply(wanted('b'));
    expect(client.take()).to.deep.equal({ [`read ConfigMap/${NAME}`]: 1 });
    expect(drift).to.deep.equal([]);
  });

  it('are put back and counted when others change them', async () => {
    await apply(wanted('a'));
    await store.apply({ ...stored('ConfigMap'), data: { 'policy-config.yaml': 'open to all' } });
    lagging.catchUp();
    await apply(wanted('a'));
    expect(stored('ConfigMap').data!['policy-config.yaml']).to.equal('a');
    expect(drift).to.deep.equal(['ConfigMap']);
  });

  it('are put back and not counted when we wanted another thing anyway', async () => {
    await apply(wanted('a'));
    await store.apply({ ...stored('ConfigMap'), data: { 'policy-config.yaml': 'open to all' } });
    lagging.catchUp();
    await apply(wanted('b'));
    expect(stored('ConfigMap').data!['policy-config.yaml']).to.equal('b');
    expect(drift).to.deep.equal([]);
  });

  it('are made again and counted when others delete them', async () => {
    await apply(wanted('a'));
    await store.delete({ kind: 'Service', namespace: 'team-a', name: NAME }, stored('Service').metadata.uid);
    lagging.catchUp();
    await apply(wanted('a'));
    expect(stored('Service')).to.not.equal(undefined);
    expect(drift).to.deep.equal(['Service']);
  });

  it('are applied once by a new process, which counts nothing', async () => {
    await apply(wanted('a'));
    lagging.catchUp();
    client.take();
    children = new Children({ client, clock, drift: { driftCorrected: (kind) => drift.push(kind) } });
    await apply(wanted('a'));
    expect(client.take()).to.deep.equal(
      Object.fromEntries(KINDS.map((kind) => [`apply ${kind}/${NAME}`, 1])),
    );
    await apply(wanted('a'));
    expect(client.take()).to.deep.equal({});
    expect(drift).to.deep.equal([]);
  });

  it('are left for a while when others change one again and again, and the others are not', async () => {
    await apply(wanted('a'));
    const meddle = async (): Promise<unknown> => {
      await store.apply({ ...stored('Service'), spec: { mine: true } });
      lagging.catchUp();
      return apply(wanted('a')).catch((error: unknown) => error);
    };
    for (let n = 0; n < 5; n++) expect(await meddle()).to.equal(undefined);
    const error = await meddle();
    expect(error).to.be.instanceOf(Contested);
    expect((error as Error).message).to.contain(`Service team-a/${NAME} is changed by others`);
    expect(stored('Service').spec).to.deep.equal({ mine: true });
    await apply(wanted('b')).catch(() => {});
    expect(stored('ConfigMap').data!['policy-config.yaml']).to.equal('b');
    // One every five seconds goes on, and it goes on being said.
    await clock.advance(5000);
    expect(await apply(wanted('b')).catch((error: unknown) => error)).to.be.instanceOf(Contested);
    expect(stored('Service').spec).to.not.have.property('mine');
    expect(drift).to.have.length(6);
    await clock.advance(60_000);
    lagging.catchUp();
    await store.apply({ ...stored('Service'), spec: { mine: true } });
    lagging.catchUp();
    await apply(wanted('b'));
    expect(drift).to.have.length(7);
  });

  it('that are there are brought up to date also while an object is in the way of another', async () => {
    await apply(wanted('a'));
    await store.delete({ kind: 'Service', namespace: 'team-a', name: NAME }, stored('Service').metadata.uid);
    await store.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: NAME, namespace: 'team-a' } });
    await store.delete(
      { kind: 'Deployment', namespace: 'team-a', name: NAME },
      stored('Deployment').metadata.uid,
    );
    lagging.catchUp();
    expect(await apply(wanted('b')).catch((error: unknown) => error)).to.be.instanceOf(NotOurs);
    expect(stored('ConfigMap').data!['policy-config.yaml']).to.equal('b');
    expect(stored('Service')).to.not.have.property('spec');
    expect(stored('Deployment')).to.equal(undefined);
  });

  describe('one of which was made immutable by a hand', () => {
    const frozen = 'data: Forbidden: field is immutable when `immutable` is set';
    let refusal: ObjectError;
    beforeEach(async () => {
      await apply(wanted('a'));
      await store.apply({ ...stored('ConfigMap'), immutable: true });
      lagging.catchUp();
      client.take();
      refusal = new ObjectError('Invalid', frozen);
      const write = lagging.apply.bind(lagging);
      lagging.apply = async (manifest) => {
        if (manifest.kind === 'ConfigMap' && stored('ConfigMap')?.['immutable'] === true) throw refusal;
        return write(manifest);
      };
    });

    it('is made anew with what is wanted, and that counts as drift', async () => {
      const { uid } = stored('ConfigMap').metadata;
      await apply(wanted('b'));
      expect(stored('ConfigMap').data!['policy-config.yaml']).to.equal('b');
      expect(stored('ConfigMap').metadata.uid).to.not.equal(uid);
      expect(client.calls).to.include(`delete ConfigMap/${NAME}`);
      expect(drift).to.deep.equal(['ConfigMap']);
      lagging.catchUp();
      client.take();
      await apply(wanted('b'));
      expect(client.calls).to.deep.equal([]);
    });

    it('stays where the refusal has another cause, since what is deleted might not come back', async () => {
      refusal = new ObjectError('Invalid', 'denied by a rule');
      expect(await apply(wanted('b')).catch((error: unknown) => error)).to.equal(refusal);
      expect(stored('ConfigMap').data!['policy-config.yaml']).to.equal('a');
      expect(client.calls).to.not.include(`delete ConfigMap/${NAME}`);
    });

    it('is not deleted where another took its name since, be it immutable and somebody’s or ours and not immutable', async () => {
      const metadata = { name: NAME, namespace: 'team-a' };
      const { labels } = stored('ConfigMap').metadata;
      const others = [{ metadata, immutable: true }, { metadata: { ...metadata, labels: labels! } }];
      for (const other of others) {
        lagging.apply = async () => {
          await store.delete({ kind: 'ConfigMap', ...metadata }, stored('ConfigMap').metadata.uid);
          await store.apply({ apiVersion: 'v1', kind: 'ConfigMap', ...other });
          throw refusal;
        };
        await store.delete({ kind: 'ConfigMap', ...metadata }, stored('ConfigMap').metadata.uid);
        await store.apply({ ...wanted('a').find(({ kind }) => kind === 'ConfigMap')!, immutable: true });
        lagging.catchUp();
        expect(await apply(wanted('b')).catch((error: unknown) => error)).to.equal(refusal);
        expect(stored('ConfigMap')).to.not.have.property('data');
        expect(client.calls).to.not.include(`delete ConfigMap/${NAME}`);
      }
    });
  });

  it('take on an owner and give one up', async () => {
    const names = () => stored('Service').metadata.ownerReferences!.map(({ name }) => name);
    await apply(wanted('a', 1, 2));
    lagging.catchUp();
    expect(names()).to.deep.equal(['p1', 'p2']);
    await apply(wanted('a', 2));
    expect(names()).to.deep.equal(['p2']);
  });

  it('are ours by an owner where the labels were taken away', async () => {
    await apply(wanted('a'));
    const { labels: _, ...metadata } = stored('Service').metadata;
    await store.apply({ ...stored('Service'), metadata });
    lagging.catchUp();
    await apply(wanted('a'));
    expect(stored('Service').metadata.labels).to.deep.equal(wanted('a')[2]!.metadata.labels);
    expect(drift).to.deep.equal(['Service']);
  });

  for (const [what, labels] of [
    ['no label', undefined],
    ['the label of the manager alone', { 'app.kubernetes.io/managed-by': 'keeptrusts-operator' }],
    [
      'the labels of another gateway',
      {
        'app.kubernetes.io/managed-by': 'keeptrusts-operator',
        'governance.keeptrusts.com/gateway': 'other',
      },
    ],
    ['the label of the gateway alone', { 'governance.keeptrusts.com/gateway': 'default' }],
  ] as const) {
    it(`are not made at all while an object with ${what} is in the way`, async () => {
      const metadata = { name: NAME, namespace: 'team-a', ...(labels === undefined ? {} : { labels }) };
      await store.apply({ apiVersion: 'v1', kind: 'Service', metadata, spec: { mine: true } });
      const error = await apply(wanted('a')).catch((error: unknown) => error);
      expect(error).to.be.instanceOf(NotOurs);
      expect((error as Error).message).to.contain(`Service team-a/${NAME} exists and is not managed by`);
      expect(client.calls.filter((call) => !call.startsWith('read'))).to.deep.equal([]);
      expect(stored('Service').spec).to.deep.equal({ mine: true });
    });
  }

  it('are held to the object that was looked at: one that took its name since is not written to', async () => {
    await apply(wanted('a'));
    lagging.catchUp();
    const { uid } = stored('ConfigMap').metadata;
    await store.delete({ kind: 'ConfigMap', namespace: 'team-a', name: NAME }, uid);
    const metadata = { name: NAME, namespace: 'team-a' };
    await store.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { mine: 'yes' } });
    const error = await apply(wanted('b')).catch((error: unknown) => error);
    expect(error).to.be.instanceOf(ObjectError).and.to.include({ reason: 'Conflict' });
    expect(stored('ConfigMap').data).to.deep.equal({ mine: 'yes' });
  });

  it('stop at a signal between two objects', async () => {
    const stopping = new AbortController();
    stopping.abort(new Error('stopping'));
    const error = await children
      .apply(wanted('a'), { ...context, signal: stopping.signal })
      .catch((error: unknown) => error);
    expect((error as Error).message).to.equal('stopping');
    expect(client.calls.filter((call) => call.startsWith('apply'))).to.deep.equal([]);
  });

  it('are deleted when they are no longer wanted, and nothing else is', async () => {
    await apply(wanted('a'));
    const { labels } = stored('ConfigMap').metadata;
    for (const [name, gateway] of [
      ['copy', 'default'],
      ['keeptrusts-edge', 'edge'],
    ]) {
      const own = { ...labels!, 'governance.keeptrusts.com/gateway': gateway! };
      const metadata = { name: name!, namespace: 'team-a', labels: own };
      await store.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} });
    }
    lagging.catchUp();
    await children.prune('team-a', 'default', wanted('a').slice(0, 2));
    const names = (kind: string) => store.cache.list(kind).map(({ metadata }) => metadata.name);
    expect(names('ConfigMap')).to.deep.equal(['copy', 'keeptrusts-edge', NAME].sort());
    expect([names('Service'), names('Deployment'), names('ServiceAccount')]).to.deep.equal([[], [], [NAME]]);
    lagging.catchUp();
    await children.prune('team-a', 'default', []);
    expect(names('ConfigMap')).to.deep.equal(['copy', 'keeptrusts-edge']);
  });

  it('are deleted also where the labels were taken away, since we know what we made', async () => {
    await apply(wanted('a'));
    const { labels: _, ...metadata } = stored('Service').metadata;
    await store.apply({ ...stored('Service'), metadata });
    lagging.catchUp();
    // The cache of a cluster is filled by the labels.
    lagging.cache.remove({ kind: 'Service', namespace: 'team-a', name: NAME });
    await children.prune('team-a', 'default', []);
    expect(stored('Service')).to.equal(undefined);
  });

  it('are not deleted in the place of one that took their name', async () => {
    await apply(wanted('a'));
    lagging.catchUp();
    const { uid } = stored('Service').metadata;
    await store.delete({ kind: 'Service', namespace: 'team-a', name: NAME }, uid);
    await store.apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: NAME, namespace: 'team-a' } });
    const error = await children.prune('team-a', 'default', []).catch((error: unknown) => error);
    expect(error).to.include({ reason: 'Conflict' });
    lagging.catchUp();
    await children.prune('team-a', 'default', []);
    expect(stored('Service')).to.not.equal(undefined);
  });
});
