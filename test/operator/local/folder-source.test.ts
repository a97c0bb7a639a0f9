import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { expect } from 'chai';
import { FolderSource } from '../../../operator/local/folder-source.ts';
import type { FolderProblem } from '../../../operator/local/manifest-file.ts';
import { ObjectStore } from '../../../operator/local/object-store.ts';
import { systemClock } from '../../../operator/runtime/clock.ts';
import { silentLog } from '../../../operator/runtime/log.ts';
import { ObjectError } from '../../../operator/runtime/objects.ts';
import { eventually, TestFolder } from '../../fakes/folder.ts';

const kinds = new Map([['Widget', 'example.com/v1']]);
const widget = (name: string, size: number | string): string =>
  `apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: ${name}}\nspec: {size: ${size}}\n`;

describe('folder source', () => {
  let folder: TestFolder;
  let state: TestFolder;
  let store: ObjectStore;
  let source: FolderSource;
  let reported: FolderProblem[];
  let uid = 0;
  let full = false;

  function open(): void {
    store = new ObjectStore(
      { dir: state.path },
      {
        clock: systemClock,
        uid: () => `uid-${++uid}`,
        log: silentLog,
        admit: (manifest) => {
          if (full) throw new Error('no space left on device');
          if (typeof (manifest.spec as { size: unknown }).size === 'number') return manifest;
          throw new ObjectError('Invalid', 'spec.size: must be a number');
        },
      },
    );
    store.load();
    reported = [];
    source = new FolderSource(
      { dir: folder.path, except: folder.file('state'), kinds },
      { client: store, clock: systemClock, log: silentLog, report: (problem) => reported.push(problem) },
    );
  }
  const held = (): string[] =>
    store.cache
      .list('Widget')
      .map(
        ({ metadata, spec }) => `${metadata.namespace}/${metadata.name}=${(spec as { size: number }).size}`,
      );

  beforeEach(() => {
    full = false;
    folder = new TestFolder();
    state = new TestFolder();
    open();
  });
  afterEach(async () => {
    await source.stop();
    folder.remove();
    state.remove();
  });

  it('reads YAML, several documents a file, JSON, lists and sub-folders', async () => {
    folder.write('a.yaml', `${widget('a', 1)}---\n${widget('b', 2)}---\n# nothing here\n`);
    folder.write('deep/er/c.yml', widget('c', 3));
    folder.write(
      'd.json',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          {
            apiVersion: 'example.com/v1',
            kind: 'Widget',
            metadata: { name: 'd', namespace: 'n' },
            spec: { size: 4 },
          },
        ],
      }),
    );
    folder.write('README.md', 'not a manifest');
    folder.write('.hidden.yaml', widget('hidden', 9));
    folder.write('state/objects/x.json', widget('state', 9));
    await source.start();
    expect(held()).to.deep.equal(['default/a=1', 'default/b=2', 'default/c=3', 'n/d=4']);
    expect(reported).to.deep.equal([]);
  });

  it('says that a folder does not exist', async () => {
    folder.remove();
    const error = await source.start().catch((reason: Error) => reason.message);
    expect(error).to.contain('ENOENT');
  });

  it('keeps what a file held while it cannot be parsed, says where it is wrong, and takes the mended file', async () => {
    folder.write('a.yaml', `${widget('a', 1)}---\n${widget('b', 2)}`);
    await source.start();
    folder.write('a.yaml', `${widget('a', 5)}---\nspec: {size: [}\n`);
    await source.sync();
    expect(held()).to.deep.equal(['default/a=1', 'default/b=2']);
    expect(reported).to.have.length(1);
    expect(reported[0]).to.include({ file: 'a.yaml', code: 'not_parsable', line: 6 });
    expect(reported[0]!.message).to.match(/stay in force$/);
    folder.write('a.yaml', widget('a', 6));
    await source.sync();
    expect(held()).to.deep.equal(['default/a=6']);
    expect(source.problems()).to.deep.equal([]);
  });

  it('does not claim that something stays in force of a file that never held anything', async () => {
    folder.write('a.yaml', 'spec: {size: [}\n');
    await source.start();
    expect(reported[0]!.message).to.match(/nothing of this file is in force$/);
  });

  it('keeps what a broken file held also over a restart', async () => {
    folder.write('a.yaml', widget('a', 1));
    await source.start();
    await source.stop();
    folder.write('a.yaml', 'a: b: c');
    open();
    await source.start();
    expect(held()).to.deep.equal(['default/a=1']);
    expect(store.cache.list('Widget')[0]!.metadata.uid).to.equal(`uid-${uid}`);
  });

  it('deletes what a file no longer holds and what a removed file held, also when removed while it did not run', async () => {
    folder.write('a.yaml', `${widget('a', 1)}---\n${widget('b', 2)}`);
    folder.write('c.yaml', widget('c', 3));
    await source.start();
    folder.write('a.yaml', widget('a', 1));
    await source.sync();
    expect(held()).to.deep.equal(['default/a=1', 'default/c=3']);
    await source.stop();
    rmSync(folder.file('c.yaml'));
    open();
    await source.start();
    expect(held()).to.deep.equal(['default/a=1']);
  });

  it('keeps the object and its uid when its file is renamed', async () => {
    folder.write('a.yaml', widget('a', 1));
    await source.start();
    const { uid: before, generation } = store.cache.list('Widget')[0]!.metadata;
    renameSync(folder.file('a.yaml'), folder.file('z.yaml'));
    await source.sync();
    expect(store.cache.list('Widget')[0]!.metadata).to.include({ uid: before, generation });
  });

  it('keeps the previous object when the next is refused, and does not create one that never was valid', async () => {
    folder.write('a.yaml', widget('a', 1));
    await source.start();
    folder.write('a.yaml', `${widget('a', 'huge')}---\n${widget('b', 'huge')}`);
    await source.sync();
    expect(held()).to.deep.equal(['default/a=1']);
    expect(reported.map(({ code, object, line }) => ({ code, object, line }))).to.deep.equal([
      { code: 'invalid', object: 'Widget default/a', line: 4 },
      { code: 'invalid', object: 'Widget default/b', line: 9 },
    ]);
  });

  it('takes the first of two files with the same object and names both', async () => {
    folder.write('a.yaml', widget('a', 1));
    folder.write('b.yaml', widget('a', 2));
    await source.start();
    expect(held()).to.deep.equal(['default/a=1']);
    expect(reported[0]).to.include({ file: 'b.yaml', code: 'duplicate' });
    expect(reported[0]!.message).to.contain('a.yaml:1');
  });

  it('treats a document that is no object as a broken file', async () => {
    folder.write('a.yaml', widget('a', 1));
    await source.start();
    for (const text of [
      'just text',
      '- 1\n- 2',
      'kind: Widget',
      'apiVersion: v1\nkind: Widget\nmetadata: {}',
    ]) {
      folder.write('a.yaml', text);
      await source.sync();
      expect(source.problems()[0]).to.include({ code: 'not_an_object' });
      expect(held()).to.deep.equal(['default/a=1']);
    }
  });

  it('says that a kind is not served, and is silent about a kustomization', async () => {
    folder.write('a.yaml', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}');
    folder.write(
      'kustomization.yaml',
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: x}',
    );
    await source.start();
    expect(reported.map((problem) => problem.code)).to.deep.equal(['not_served']);
  });

  it('reports a problem once, and again only after it was gone', async () => {
    folder.write('a.yaml', 'a: b: c');
    await source.start();
    await source.sync();
    expect(reported).to.have.length(1);
    folder.write('a.yaml', widget('a', 1));
    await source.sync();
    folder.write('a.yaml', 'a: b: c');
    await source.sync();
    expect(reported).to.have.length(2);
  });

  it('notices edits, new files in new folders and removals by itself', async () => {
    folder.write('a.yaml', widget('a', 1));
    await source.start();
    folder.write('a.yaml', widget('a', 2));
    await eventually(() => held()[0] === 'default/a=2', 'the edit');
    folder.write('new/b.yaml', widget('b', 1));
    await eventually(() => held().length === 2, 'the new file');
    rmSync(folder.file('a.yaml'));
    await eventually(() => held().length === 1, 'the removal');
  });

  it('follows links to files and folders, and is not caught in a circle', async () => {
    folder.write('real/a.yaml', widget('a', 1));
    symlinkSync(folder.file('real/a.yaml'), folder.file('link.yaml'));
    symlinkSync(folder.path, folder.file('real/circle'));
    symlinkSync(folder.file('nowhere'), folder.file('dangling.yaml'));
    await source.start();
    expect(held()).to.deep.equal(['default/a=1']);
    expect(source.problems().map(({ code }) => code)).to.deep.equal(['duplicate']);
  });

  it('tries again what the machine refused, without an edit', async () => {
    folder.write('a.yaml', widget('a', 1));
    full = true;
    await source.start();
    expect(source.problems()[0]).to.include({ code: 'failed' });
    full = false;
    await eventually(() => held().length === 1, 'the next try');
    expect(source.problems()).to.deep.equal([]);
  });

  it('keeps everything when the folder itself disappears', async () => {
    folder.write('a.yaml', widget('a', 1));
    await source.start();
    folder.remove();
    await source.sync();
    expect(held()).to.deep.equal(['default/a=1']);
    expect(source.problems()[0]).to.include({ code: 'unreadable' });
  });
});
