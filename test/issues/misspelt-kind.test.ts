import { expect } from 'chai';
import { FolderSource } from '../../operator/local/folder-source.ts';
import { ObjectStore } from '../../operator/local/object-store.ts';
import { silentLog } from '../../operator/runtime/log.ts';
import { FakeClock } from '../fakes/clock.ts';
import { TestFolder } from '../fakes/folder.ts';

const widget = (name: string): string =>
  `apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: ${name}}\nspec: {size: 1}\n`;

/** A slip in `kind` or `apiVersion` took a policy out of force; `kubectl apply` would have refused the file. */
describe('issue: a misspelt kind or version of an object in force', () => {
  let folder: TestFolder;
  let state: TestFolder;
  let store: ObjectStore;
  let source: FolderSource;
  const names = (): string[] => store.cache.list('Widget').map(({ metadata }) => metadata.name);

  beforeEach(async () => {
    folder = new TestFolder();
    state = new TestFolder();
    const clock = new FakeClock();
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
    folder.write('a.yaml', `${widget('a')}---\n${widget('b')}`);
    await source.start();
  });
  afterEach(async () => {
    await source.stop();
    folder.remove();
    state.remove();
  });

  for (const [what, from, to] of [
    ['kind', 'kind: Widget', 'kind: Widgett'],
    ['version', 'example.com/v1', 'example.com/v1beta1'],
    ['group', 'example.com/v1', 'exmaple.com/v1'],
  ] as const) {
    it(`keeps it, and says so: ${what}`, async () => {
      folder.write('a.yaml', `${widget('a').replace(from, to)}---\n${widget('b')}`);
      await source.sync();
      expect(names()).to.deep.equal(['a', 'b']);
      const [problem] = source.problems();
      expect(problem).to.include({ file: 'a.yaml', line: 1, code: 'not_served' });
      expect(problem!.message).to.match(/^there is no Widgett? of \S+; .* stay in force$/);
    });
  }

  it('is told of an object that never was in force, which takes nothing with it', async () => {
    folder.write('c.yaml', widget('c').replace('Widget', 'Widgett'));
    await source.sync();
    expect(names()).to.deep.equal(['a', 'b']);
    expect(source.problems()[0]!.message).to.equal('there is no Widgett of example.com/v1');
  });

  it('lets go of what a file no longer holds beside objects of a cluster', async () => {
    folder.write('a.yaml', `apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n---\n${widget('b')}`);
    await source.sync();
    expect(names()).to.deep.equal(['b']);
  });
});
