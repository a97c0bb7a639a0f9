import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { type ImageSpec, writeArchive, writeLayer } from '../../../hack/images/archive.ts';
import { folderEntries, type TarEntry, tarOf, textEntry } from '../../../hack/images/tar.ts';
import { TestFolder } from '../../fakes/folder.ts';

const tar = (...args: string[]): string => execFileSync('tar', args, { encoding: 'utf8' });

async function bytesOf(entries: Iterable<TarEntry> | AsyncIterable<TarEntry>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tarOf(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('hack/images: archives', () => {
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  /** The same tree, made in another order, at another time and under another umask. */
  function tree(name: string, names: readonly string[], mode: number): string {
    for (const file of names) {
      folder.write(`${name}/${file}`, `content of ${file}`);
      chmodSync(folder.file(`${name}/${file}`), file.endsWith('.sh') ? mode | 0o100 : mode);
      utimesSync(folder.file(`${name}/${file}`), mode, mode);
    }
    mkdirSync(folder.file(`${name}/tmp`));
    chmodSync(folder.file(`${name}/tmp`), 0o1777);
    symlinkSync('../x', folder.file(`${name}/link`));
    return folder.file(name);
  }

  it('gives back through tar what was put in: files, modes, links, long and foreign names', async () => {
    const long = `${'folder-with-a-long-name/'.repeat(6)}übung.txt`;
    const names = [long, `${'n'.repeat(100)}`, `${'n'.repeat(101)}`, 'run.sh', 'empty/file'];
    const source = tree('a', names, 0o600);
    symlinkSync('t'.repeat(180), join(source, 'far'));
    const { file, size } = await writeLayer(folderEntries(source), folder.file('layer.tar'));
    expect(lstatSync(file).size).to.equal(size);
    mkdirSync(folder.file('out'));
    tar('-xpf', file, '-C', folder.file('out'));
    for (const name of names) {
      expect(readFileSync(folder.file(`out/${name}`), 'utf8')).to.equal(`content of ${name}`);
      expect(lstatSync(folder.file(`out/${name}`)).mode & 0o7777).to.equal(name === 'run.sh' ? 0o755 : 0o644);
    }
    expect(lstatSync(folder.file('out/tmp')).mode & 0o7777).to.equal(0o1777);
    expect(lstatSync(folder.file('out/empty')).mode & 0o7777).to.equal(0o755);
    expect(readlinkSync(folder.file('out/link'))).to.equal('../x');
    expect(readlinkSync(folder.file('out/far'))).to.equal('t'.repeat(180));
  });

  it('lists everything as of root and of 1970', async () => {
    const { file } = await writeLayer(folderEntries(tree('a', ['f'], 0o644)), folder.file('layer.tar'));
    const lines = tar('--numeric-owner', '--utc', '-tvf', file).trim().split('\n');
    expect(lines).to.have.length(3);
    for (const line of lines) expect(line).to.match(/ 0\/0 .* 1970-01-01 00:00 /);
  });

  it('makes equal bytes of equal contents, and other bytes of others', async () => {
    const digest = async (name: string, names: readonly string[], mode: number): Promise<string> =>
      (await writeLayer(folderEntries(tree(name, names, mode)), folder.file(`${name}.tar`))).digest;
    const first = await digest('a', ['x', 'y/z', 'b.sh'], 0o600);
    expect(await digest('b', ['b.sh', 'y/z', 'x'], 0o664)).to.equal(first);
    expect(await digest('c', ['b.sh', 'y/z', 'w'], 0o664)).to.not.equal(first);
    expect(first).to.equal(
      createHash('sha256')
        .update(readFileSync(folder.file('a.tar')))
        .digest('hex'),
    );
  });

  it('fills each member up to whole blocks', async () => {
    for (const size of [0, 1, 511, 512, 513]) {
      const bytes = await bytesOf([textEntry('f', 'x'.repeat(size))]);
      expect(bytes.length).to.equal(512 + Math.ceil(size / 512) * 512 + 1024);
    }
  });

  it('refuses a file that is not as long as it was', async () => {
    const entry: TarEntry = { type: 'file', path: 'f', mode: 0o644, size: 3, content: [Buffer.from('four')] };
    const fault = await bytesOf([entry]).catch((error: Error) => error.message);
    expect(fault).to.equal('f has 4 bytes and not 3');
  });

  it('writes an image with its manifest, its configuration and each layer once', async () => {
    const layer = await writeLayer([textEntry('pause', 'program', 0o755)], folder.file('layer.tar'));
    const spec: ImageSpec = {
      name: 'keeptrusts/pause:1',
      layers: [layer, layer],
      config: { user: '65532:65532', entrypoint: ['/pause'], env: { A: 'b=c' } },
      architecture: 'amd64',
    };
    const archive = await writeArchive(spec, folder.file('out/pause.tar'));
    const member = (name: string): string => tar('-xOf', archive.file, name);
    const [manifest] = JSON.parse(member('manifest.json'));
    expect(manifest.RepoTags).to.deep.equal(['keeptrusts/pause:1']);
    const config = member(manifest.Config);
    expect(basename(manifest.Config, '.json'))
      .to.equal(archive.id)
      .and.equal(createHash('sha256').update(config).digest('hex'));
    expect(JSON.parse(config)).to.deep.include({ architecture: 'amd64', os: 'linux' });
    expect(JSON.parse(config).config).to.deep.include({
      User: '65532:65532',
      Entrypoint: ['/pause'],
      Env: ['A=b=c'],
    });
    expect(JSON.parse(config).rootfs.diff_ids).to.deep.equal(Array(2).fill(`sha256:${layer.digest}`));
    expect(tar('-tf', archive.file).trim().split('\n')).to.deep.equal([
      'manifest.json',
      manifest.Config,
      manifest.Layers[0],
    ]);
    expect(archive.size).to.equal(2 * layer.size);
  });

  it('leaves an archive alone that holds the image, and writes another one over it whole', async () => {
    const layer = await writeLayer([textEntry('f', '1')], folder.file('layer.tar'));
    const config = { user: '0:0', entrypoint: ['/f'] };
    const spec = { name: 'a/b:1', layers: [layer], config, architecture: 'amd64' };
    const file = folder.file('image.tar');
    await writeArchive(spec, file);
    const { ino } = lstatSync(file);
    expect((await writeArchive(spec, file)).file).to.equal(file);
    expect(lstatSync(file).ino).to.equal(ino);
    const other = await writeLayer([textEntry('f', '2')], folder.file('other.tar'));
    await writeArchive({ ...spec, layers: [other] }, file);
    expect(tar('-tf', file)).to.include(other.digest);
  });
});
