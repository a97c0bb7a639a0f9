import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { hashFiles, keyOf, LayerCache } from '../../../hack/images/layers.ts';
import { TestFolder } from '../../fakes/folder.ts';

describe('hack/images: layers in the user cache', () => {
  let folder: TestFolder;
  let cache: LayerCache;
  let staged: string[];
  beforeEach(() => {
    folder = new TestFolder();
    cache = new LayerCache({ XDG_CACHE_HOME: folder.path });
    staged = [];
  });
  afterEach(() => folder.remove());

  const layer = (key: string, content = key, name = 'app') =>
    cache.layer(name, key, async (tree) => {
      staged.push(key);
      await writeFile(join(tree, 'file'), content);
    });

  it('makes a layer once for a key, and tells both of its sizes', async () => {
    const first = await layer('one');
    expect(first.isNew).to.equal(true);
    const tar = readFileSync(first.file);
    expect(first.size).to.equal(tar.length);
    expect(first.compressed).to.equal(gzipSync(tar).length);
    expect(await layer('one')).to.deep.equal({ ...first, isNew: false });
    expect((await layer('two', 'one')).digest, 'another key, the same contents').to.equal(first.digest);
    expect(staged).to.deep.equal(['one', 'two']);
  });

  it('makes a layer again that is cut short or that nobody noted', async () => {
    const { file } = await layer('one');
    writeFileSync(file, 'cut');
    expect((await layer('one')).isNew).to.equal(true);
    rmSync(`${file}.json`);
    expect((await layer('one')).isNew).to.equal(true);
  });

  it('keeps nothing of a layer that could not be made', async () => {
    const fault = await cache
      .layer('app', 'one', () => Promise.reject(new Error('npm ci failed')))
      .catch((error: Error) => error.message);
    expect(fault).to.equal('npm ci failed');
    expect((await layer('one')).isNew).to.equal(true);
  });

  it('removes layers of its name that were not used for a week, and no others', async () => {
    const old = [await layer('one'), await layer('two'), await layer('one', 'one', 'base')];
    const weeksAgo = Date.now() / 1000 - 8 * 24 * 3600;
    for (const { file } of old) utimesSync(file, weeksAgo, weeksAgo);
    await layer('two');
    await layer('three');
    expect(old.map(({ file }) => existsSync(file))).to.deep.equal([false, true, true]);
    expect(existsSync(`${old[0]!.file}.json`)).to.equal(false);
  });

  it('hashes files by name and content, in any order', async () => {
    folder.write('a', '1');
    folder.write('b', '2');
    const hash = await hashFiles(folder.path, ['a', 'b']);
    expect(await hashFiles(folder.path, ['b', 'a'])).to.equal(hash);
    folder.write('b', '3');
    expect(await hashFiles(folder.path, ['a', 'b'])).to.not.equal(hash);
    folder.write('a', '12');
    folder.write('b', '');
    const moved = await hashFiles(folder.path, ['a', 'b']);
    folder.write('a', '1');
    folder.write('b', '2');
    expect(moved).to.not.equal(hash);
    expect(keyOf('ab', 'c')).to.not.equal(keyOf('a', 'bc'));
  });
});
