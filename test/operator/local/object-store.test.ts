import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Admission, ObjectStore } from '../../../operator/local/object-store.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import { type Manifest, ObjectError, type OwnerReference } from '../../../operator/runtime/objects.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { TestFolder } from '../../fakes/folder.ts';

let folder: TestFolder;
let uids: number;

function open(admit: Admission = (manifest) => manifest): ObjectStore {
  const store = new ObjectStore(
    { dir: folder.file('objects') },
    { clock: new FakeClock(), uid: () => `uid-${++uids}`, log: silentLog, admit },
  );
  store.load();
  return store;
}

function widget(name: string, spec: unknown, owners?: OwnerReference[]): Manifest {
  const ownerReferences = owners === undefined ? {} : { ownerReferences: owners };
  return {
    apiVersion: 'v1',
    kind: 'Widget',
    metadata: { name, namespace: 'team-a', ...ownerReferences },
    spec,
  };
}
const ref = (name: string) => ({ kind: 'Widget', namespace: 'team-a', name });

async function refusal(work: Promise<unknown>): Promise<ObjectError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(ObjectError);
  return error as ObjectError;
}

describe('local object store', () => {
  beforeEach(() => {
    folder = new TestFolder();
    uids = 0;
  });
  afterEach(() => folder.remove());

  it('moves the generation when the spec changes, and the resourceVersion when anything does', async () => {
    const store = open();
    const first = await store.apply(widget('a', { size: 1 }));
    const second = await store.apply(widget('a', { size: 2 }));
    const labelled = await store.apply({
      ...widget('a', { size: 2 }),
      metadata: { name: 'a', namespace: 'team-a', labels: { tier: 'x' } },
    });
    const withStatus = await store.applyStatus({ ...widget('a', null), status: { ok: true } });
    const all = [first, second, labelled, withStatus];
    expect(all.map((object) => object.metadata.generation)).to.deep.equal([1, 2, 2, 2]);
    expect(new Set(all.map((object) => object.metadata.uid)).size).to.equal(1);
    expect(new Set(all.map((object) => object.metadata.resourceVersion)).size).to.equal(4);
  });

  it('leaves the resourceVersion alone and tells nobody when an apply changes nothing', async () => {
    const store = open();
    const first = await store.apply(widget('a', { size: 1, colour: 'red' }));
    let heard = 0;
    store.cache.onChange(() => heard++);
    const again = await store.apply(widget('a', { colour: 'red', size: 1 }));
    expect(again.metadata.resourceVersion).to.equal(first.metadata.resourceVersion);
    expect(heard).to.equal(0);
  });

  it('removes what an apply leaves out, but keeps the status', async () => {
    const store = open();
    await store.apply(widget('a', { size: 1, colour: 'red' }));
    await store.applyStatus({ ...widget('a', null), status: { ready: 1 } });
    const object = await store.apply(widget('a', { size: 1 }));
    expect(object.spec).to.deep.equal({ size: 1 });
    expect(object.status).to.deep.equal({ ready: 1 });
  });

  it('keeps uid, generation, times and status over a restart, and never gives a resourceVersion twice', async () => {
    const before = open();
    await before.apply(widget('a', { size: 1 }));
    await before.apply(widget('a', { size: 2 }));
    const stored = await before.applyStatus({ ...widget('a', null), status: { ready: 1 } });
    const after = open();
    expect(after.cache.get(ref('a'))).to.deep.equal(stored);
    const next = await after.apply(widget('a', { size: 3 }));
    expect(next.metadata.generation).to.equal(3);
    expect(Number(next.metadata.resourceVersion)).to.be.above(Number(stored.metadata.resourceVersion));
  });

  it('sets a file aside that a crash left unreadable, and starts with the others', async () => {
    await open().apply(widget('a', { size: 1 }));
    const dir = join(folder.file('objects'), 'Widget', 'team-a');
    writeFileSync(join(dir, 'b.json'), '{"apiVersion": "v1", "ki');
    writeFileSync(join(dir, 'a.json.new'), 'a write that never ended');
    const store = open();
    expect(store.cache.list('Widget').map((object) => object.metadata.name)).to.deep.equal(['a']);
    expect(readdirSync(dir)).to.include('b.json.broken');
  });

  it('deletes what was owned when the last owner goes, through all levels', async () => {
    const store = open();
    const owner = await store.apply(widget('owner', {}));
    const other = await store.apply(widget('other', {}));
    const own = ({ apiVersion, kind, metadata: { name, uid } }: typeof owner) => ({
      apiVersion,
      kind,
      name,
      uid,
    });
    const child = await store.apply(widget('child', {}, [own(owner), own(other)]));
    await store.apply(widget('grandchild', {}, [own(child)]));
    await store.delete(ref('owner'), owner.metadata.uid);
    expect(store.cache.get(ref('child')), 'another owner is left').to.not.equal(undefined);
    await store.delete(ref('other'), other.metadata.uid);
    expect(store.cache.list('Widget')).to.deep.equal([]);
    expect(existsSync(join(folder.file('objects'), 'Widget', 'team-a', 'grandchild.json'))).to.equal(false);
  });

  it('refuses to delete an object that took the name of another', async () => {
    const store = open();
    const first = await store.apply(widget('a', {}));
    await store.delete(ref('a'), first.metadata.uid);
    await store.apply(widget('a', {}));
    expect((await refusal(store.delete(ref('a'), first.metadata.uid))).reason).to.equal('Conflict');
    await store.delete(ref('no-such'), 'uid-9');
  });

  it('keeps the previous object when admission refuses the next', async () => {
    const store = open((manifest) => {
      if ((manifest.spec as { size: number }).size > 10)
        throw new ObjectError('Invalid', 'spec.size: too large');
      return { ...manifest, spec: { ...(manifest.spec as object), filled: true } };
    });
    await store.apply(widget('a', { size: 1 }));
    expect((await refusal(store.apply(widget('a', { size: 11 })))).message).to.equal('spec.size: too large');
    expect(store.cache.get(ref('a'))?.spec).to.deep.equal({ size: 1, filled: true });
  });

  it('refuses a status of an object that does not exist, an object over 1 MiB and a name that is a path', async () => {
    const store = open();
    expect((await refusal(store.applyStatus(widget('a', {})))).reason).to.equal('NotFound');
    expect((await refusal(store.apply(widget('a', 'x'.repeat(1_100_000))))).reason).to.equal('TooLarge');
    for (const name of ['../../x', 'a/b', '', 'A', '.', 'x..y']) {
      expect((await refusal(store.apply(widget(name, {})))).reason).to.equal('Invalid');
    }
  });

  it('hands out objects that cannot be changed, and keeps none of the caller’s', async () => {
    const store = open();
    const spec = { list: [1] };
    const object = await store.apply(widget('a', spec));
    spec.list.push(2);
    expect(object.spec).to.deep.equal({ list: [1] });
    expect(() => (object.spec as { list: number[] }).list.push(3)).to.throw(TypeError);
  });

  it('keeps its files from other users', async () => {
    await open().apply(widget('a', {}));
    const file = join(folder.file('objects'), 'Widget', 'team-a', 'a.json');
    expect(statSync(file).mode & 0o077).to.equal(0);
  });

  it('tells listeners of each change after it is on disk', async () => {
    const store = open();
    const file = join(folder.file('objects'), 'Widget', 'team-a', 'a.json');
    const seen: string[] = [];
    store.cache.onChange((changed, object, previous) => {
      seen.push(
        `${changed.name} ${previous?.metadata.generation ?? '-'} → ${object?.metadata.generation ?? '-'}`,
      );
      expect(existsSync(file)).to.equal(object !== undefined);
    });
    const { metadata } = await store.apply(widget('a', { size: 1 }));
    await store.apply(widget('a', { size: 2 }));
    await store.delete(ref('a'), metadata.uid);
    expect(seen).to.deep.equal(['a - → 1', 'a 1 → 2', 'a 2 → -']);
  });

  it('does not read other files of its folder as objects', () => {
    mkdirSync(folder.file('objects/Widget/team-a'), { recursive: true });
    writeFileSync(folder.file('objects/Widget/team-a/notes.txt'), 'hello');
    expect(open().cache.list('Widget')).to.deep.equal([]);
  });
});
