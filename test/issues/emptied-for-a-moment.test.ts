import { rmSync } from 'node:fs';
import { expect } from 'chai';
import { FolderSource } from '../../operator/local/folder-source.ts';
import { ObjectStore } from '../../operator/local/object-store.ts';
import { silentLog } from '../../operator/runtime/log.ts';
import { FakeClock } from '../fakes/clock.ts';
import { TestFolder } from '../fakes/folder.ts';

const WIDGET = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {size: 1}\n';

/** An editor that empties a file before it writes it took the objects, and with them the gateway, away. */
describe('issue: a file that is empty or gone for a moment', () => {
  let folder: TestFolder;
  let state: TestFolder;
  let clock: FakeClock;
  let store: ObjectStore;
  let source: FolderSource;
  const names = (): string[] => store.cache.list('Widget').map(({ metadata }) => metadata.name);

  beforeEach(async () => {
    folder = new TestFolder();
    state = new TestFolder();
    clock = new FakeClock();
    let uid = 0;
    store = new ObjectStore(
      { dir: state.path },
      { clock, uid: () => `uid-${++uid}`, log: silentLog, admit: (manifest) => manifest },
    );
    store.load();
    source = new FolderSource(
      { dir: folder.path, kinds: new Map([['Widget', 'example.com/v1']]) },
      { client: store, clock, log: silentLog, report: () => {} },
    );
    folder.write('a.yaml', WIDGET);
    await source.start();
  });
  afterEach(async () => {
    await source.stop();
    folder.remove();
    state.remove();
  });

  for (const [what, take] of [
    ['empty', () => folder.write('a.yaml', '')],
    ['gone', () => rmSync(folder.file('a.yaml'))],
  ] as const) {
    it(`keeps its objects while it is ${what} for half a second`, async () => {
      take();
      await clock.advance(500);
      folder.write('a.yaml', `${WIDGET}# edited\n`);
      await clock.advance(10_000);
      expect(store.cache.list('Widget')[0]!.metadata).to.include({ name: 'a', uid: 'uid-1' });
    });

    it(`lets them go when it stays ${what}`, async () => {
      take();
      await clock.advance(2_000);
      expect(names()).to.deep.equal([]);
    });
  }

  it('counts anew after the objects were back', async () => {
    for (let round = 0; round < 3; round += 1) {
      folder.write('a.yaml', '');
      await clock.advance(500);
      folder.write('a.yaml', `${WIDGET}# ${round}\n`);
      await clock.advance(500);
    }
    expect(store.cache.list('Widget')[0]!.metadata).to.include({ name: 'a', uid: 'uid-1' });
  });

  it('reads a folder in which something is written all the time', async () => {
    folder.write('a.yaml', WIDGET.replace('size: 1', 'size: 2'));
    await clock.advance(900);
    for (let at = 0; at < 40; at += 1) {
      folder.write('notes.txt', String(at));
      await clock.advance(40);
    }
    expect(store.cache.list('Widget')[0]!.spec).to.deep.equal({ size: 2 });
  });
});
