import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type BuiltImage, buildImages } from '../../hack/images/build.ts';
import { root, USER } from '../../hack/images/contents.ts';
import { IMAGES, type ImageKind } from '../../hack/images/names.ts';
import { TestFolder } from '../fakes/folder.ts';
import { freePortPair } from '../fakes/gateway-main.ts';
import { type ImageProcess, UnpackedImage } from '../fakes/image-container.ts';
import { lockedPackages } from '../fakes/locked-packages.ts';

const DOCUMENT = `
pack: { name: image, version: 1.0.0, enabled: true }
providers:
  targets: [{ id: mock, provider: mock, models: [{ name: echo }], mock: { chunk_delay_ms: 150 } }]
policies: { chain: [dlp-filter, pii-detector] }
policy:
  dlp-filter: { action: block, detect_patterns: ['EMP-[0-9]{4}'] }
  pii-detector: { action: redact }
`;

describe('images', function () {
  this.timeout(300_000);
  let folder: TestFolder;
  let running: ImageProcess[];
  let built: readonly BuiltImage[];
  const images = new Map<ImageKind, UnpackedImage>();
  const image = (kind: ImageKind): UnpackedImage => images.get(kind)!;
  const build = (out: string): Promise<BuiltImage[]> =>
    buildImages({ kinds: IMAGES, out: folder.file(out), env: process.env, say: () => undefined });

  before(async function () {
    // Mounts and process ids of its own are root's to make.
    if (process.platform !== 'linux' || process.getuid?.() !== 0) return this.skip();
    folder = new TestFolder();
    built = await build('images');
    for (const { kind, file } of built)
      images.set(kind, new UnpackedImage(file, folder.file(`root-${kind}`)));
  });
  after(() => folder?.remove());
  beforeEach(() => {
    running = [];
  });
  afterEach(async () => {
    for (const one of running) await one.kill();
  });

  /** A folder that the user of the images may write. */
  function work(name: string): string {
    mkdirSync(folder.file(name), { recursive: true });
    chmodSync(folder.file(name), 0o777);
    return folder.file(name);
  }
  function run(
    kind: ImageKind,
    folderName: string,
    args: string[],
    env?: Record<string, string>,
  ): ImageProcess {
    const one = image(kind).run(work(folderName), args, env);
    running.push(one);
    return one;
  }
  const ask = (port: number, content: string, more: object = {}): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'echo', messages: [{ role: 'user', content }], ...more }),
    });
  async function gateway(name: string, args: string[] = [], env?: Record<string, string>) {
    const [port, admin] = await freePortPair();
    const ports = ['--port', String(port), '--admin-port', String(admin)];
    const paths = ['--config', '/work/policy-config.yaml', '--state-dir', '/work/state'];
    const one = run('gateway', name, [...paths, ...ports, ...args], env);
    return { one, port, admin: `http://127.0.0.1:${admin}` };
  }

  for (const kind of IMAGES) {
    it(`the ${kind}'s has exactly the packages that the lock names for it`, () => {
      const packages = image(kind)
        .files()
        .flatMap((path) => /^app\/(node_modules\/.*)\/package\.json$/.exec(path)?.[1] ?? [])
        .filter((path) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/.test(path));
      const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
      expect(packages.sort()).to.deep.equal(lockedPackages(lock, kind));
    });

    it(`the ${kind}'s has nothing of the sources, nothing to write and no program but Node`, () => {
      const files = image(kind).files();
      expect(
        files.filter((path) => /^app\/(?!node_modules\/).*(\.ts|\.map|\.test\.js)$/.test(path)),
      ).to.deep.equal([]);
      expect(files.filter((path) => /^(usr\/)?s?bin\//.test(path))).to.deep.equal(['usr/bin/node']);
      const lines = image(kind).listings.flatMap((listing) => listing.trim().split('\n'));
      expect(
        lines.filter((line) => !/^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--|lrwxrwxrwx|drwxrwxrwt) 0\/0 /.test(line)),
      ).to.deep.equal([]);
      expect(
        lines.filter((line) => line.startsWith('drwxrwxrwt')).map((line) => line.split(/\s+/)[5]),
      ).to.deep.equal(['tmp/']);
    });
  }

  it('have compiled code that names the files of the image and nothing of the machine that made it', () => {
    for (const kind of IMAGES) {
      const named = image(kind)
        .files()
        .filter((path) => path.startsWith('app/.compiled/') && !path.endsWith('/'))
        .map((path) => readFileSync(join(folder.file(`root-${kind}`), path), 'latin1'))
        .flatMap((text) => text.match(/file:\/\/\/[\w.@+-]+/g) ?? []);
      expect([...new Set(named)], kind).to.deep.equal(['file:///app']);
    }
  });

  it('the gateway’s has no client of Kubernetes and no database, and only its own folder', () => {
    const files = image('gateway').files();
    expect(files.filter((path) => /node_modules\/(@kubernetes|pg|@marcbachmann)\//.test(path))).to.deep.equal(
      [],
    );
    const tops = new Set(files.filter((path) => path.startsWith('app/')).map((path) => path.split('/')[1]));
    expect([...tops].sort()).to.deep.equal([
      '.compiled',
      'LICENSE',
      'gateway',
      'node_modules',
      'package.json',
    ]);
  });

  it('comes out the same when it is built again, with every layer from the cache', async () => {
    const again = await build('again');
    expect(again.map(({ id }) => id)).to.deep.equal(built.map(({ id }) => id));
    const layers = again.flatMap((one) => Object.values(one.layers));
    expect(layers.filter(({ isNew }) => isNew)).to.deep.equal([]);
    expect(again[0]?.layers.base.digest).to.equal(again[1]?.layers.base.digest);
  });

  it('a gateway governs as process 1 over a root that it cannot write, as nobody in particular', async () => {
    folder.write('governs/policy-config.yaml', DOCUMENT);
    const { one, port, admin } = await gateway('governs');
    await one.answers(`${admin}/readyz`);
    expect(one.status('NSpid').split(/\s+/)[1]).to.equal('1');
    expect(one.status('Uid').split(/\s+/)).to.deep.equal(Array(4).fill(String(USER.id)));
    expect((await ask(port, 'badge EMP-1234')).status).to.equal(403);
    const answer = await (await ask(port, 'write to jo@example.com')).text();
    expect(answer).to.include('[EMAIL]').and.not.include('jo@example.com');
    expect(await one.stop()).to.equal(0);
  });

  it('a gateway asked to stop is unready at once, lets a stream end, and leaves by itself', async () => {
    folder.write('drains/policy-config.yaml', DOCUMENT);
    const { one, port, admin } = await gateway('drains', ['--drain-seconds', '30']);
    await one.answers(`${admin}/readyz`);
    const answer = await ask(port, 'one two three four five six seven eight nine ten eleven twelve', {
      stream: true,
    });
    const stopping = one.stop();
    await one.answers(`${admin}/readyz`, 503);
    const text = await answer.text();
    expect(text).to.include('[DONE]').and.not.include('"error"');
    expect(await stopping).to.equal(0);
  });

  it('a gateway takes the code that was compiled when its image was made', async () => {
    folder.write('compiled/policy-config.yaml', DOCUMENT);
    const { one, admin } = await gateway('compiled', [], { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
    await one.answers(`${admin}/readyz`);
    expect(await one.stop()).to.equal(0);
    const count = (words: RegExp): number => one.output.match(words)?.length ?? 0;
    const read = count(/reading cache from/g);
    expect(read).to.be.greaterThan(500);
    // A few modules are loaded only by gateways that no control plane watches over.
    expect(count(/was accepted/g)).to.be.greaterThan(read * 0.95);
    expect(count(/was rejected/g)).to.equal(0);
  });
});
