import { expect } from 'chai';
import { type LatestStatus, latestStatus } from '../../../operator/controllers/latest-status.ts';
import { ObjectStore } from '../../../operator/local/object-store.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import { type KubeObject, refOf } from '../../../operator/runtime/objects.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { CountingClient } from '../../fakes/counting-client.ts';
import { TestFolder } from '../../fakes/folder.ts';
import { LaggingClient } from '../../fakes/lagging-client.ts';

const apiVersion = 'governance.keeptrusts.com/v1alpha1';
const kind = 'GovernancePolicy';
const ref = { kind, namespace: 'team-a', name: 'p' };

describe('the latest status of an object', () => {
  let folder: TestFolder;
  let store: ObjectStore;
  let lagging: LaggingClient;
  let client: CountingClient;
  let latest: LatestStatus;
  beforeEach(() => {
    folder = new TestFolder();
    let uid = 0;
    store = new ObjectStore(
      { dir: folder.path },
      { clock: new FakeClock(), uid: () => `uid-${++uid}`, log: silentLog, admit: (manifest) => manifest },
    );
    lagging = new LaggingClient(store);
    client = new CountingClient(lagging);
    latest = latestStatus(client);
  });
  afterEach(() => folder.remove());

  async function make(): Promise<KubeObject> {
    const object = await store.apply({
      apiVersion,
      kind,
      metadata: { name: 'p', namespace: 'team-a' },
      spec: {},
    });
    lagging.catchUp();
    return object;
  }

  it('is what the cache shows, without a call', async () => {
    const object = await make();
    expect(await latest.read(ref)).to.deep.equal(object);
    await latest.write(object, { n: 1 });
    lagging.catchUp();
    expect((await latest.read(ref))!.status).to.deep.equal({ n: 1 });
    expect(client.take()).to.deep.equal({ 'status GovernancePolicy/p': 1 });
  });

  it('is asked for while the cache does not show what was written last', async () => {
    await latest.write(await make(), { n: 1 });
    expect((await latest.read(ref))!.status).to.deep.equal({ n: 1 });
    expect(client.take()).to.deep.equal({ 'status GovernancePolicy/p': 1, 'read GovernancePolicy/p': 1 });
  });

  it('is asked for where the cache shows no object at all', async () => {
    const object = await store.apply({
      apiVersion,
      kind,
      metadata: { name: 'p', namespace: 'team-a' },
      spec: {},
    });
    expect(await latest.read(ref)).to.deep.equal(object);
    await store.delete(ref, object.metadata.uid);
    expect(await latest.read(ref)).to.equal(undefined);
  });

  it('is forgotten with its object', async () => {
    const object = await make();
    await latest.write(object, { n: 1 });
    await store.delete(ref, object.metadata.uid);
    lagging.catchUp();
    await make();
    client.take();
    expect((await latest.read(ref))!.status).to.equal(undefined);
    expect(client.take()).to.deep.equal({});
  });

  it('is the one of an object that took the name of another, whose end the cache never showed', async () => {
    const object = await make();
    await latest.write(object, { n: 1 });
    await store.delete(ref, object.metadata.uid);
    const anew = await make();
    client.take();
    expect(await latest.read(ref)).to.deep.equal(anew);
    expect(client.take()).to.deep.equal({});
  });

  it('is not written to an object that is gone, which is no error, nor to one that took its name', async () => {
    const object = await make();
    await store.delete(ref, object.metadata.uid);
    expect(await latest.write(object, { n: 1 })).to.equal(false);
    await store.apply({ apiVersion, kind, metadata: { name: 'p', namespace: 'team-a' }, spec: {} });
    const error = await latest.write(object, { n: 1 }).catch((error: unknown) => error);
    expect(error).to.include({ reason: 'Conflict' });
    expect(store.cache.get(refOf(object))!.status).to.equal(undefined);
  });
});
