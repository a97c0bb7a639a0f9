import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ConfigReader, createConfigReader, type ReaderOptions } from '../../../gateway/config/reader.ts';
import { examine } from '../../../gateway/contract/examine.ts';
import { loadKindContracts } from '../../../gateway/contract/kinds.ts';
import { document } from '../contract/corpus.ts';

describe('the config reader', function () {
  this.timeout(30_000);
  let reader: ConfigReader | null = null;
  const create = (over: Partial<ReaderOptions> = {}): ConfigReader => {
    reader = createConfigReader({ file: 'policy-config.yaml', ...over });
    return reader;
  };
  afterEach(() => reader?.close());

  it('judges in its process as it would be judged here', async () => {
    const kinds = await loadKindContracts();
    const own = create();
    const names = ['good/every-section.yaml', 'bad/E017-pattern.yaml', 'good/unbounded-pattern.yaml'];
    const texts = names.map((name) => document(name));
    const here = texts.map((text) => examine(text, { kinds, file: 'policy-config.yaml' }));
    expect(await Promise.all(texts.map((text) => own.read(text)))).to.deep.equal(here);
  });

  it('hands on what it found out about patterns, once', async () => {
    const learnt: string[] = [];
    const own = create({ learn: (classified) => learnt.push(...classified.map(([source]) => source)) });
    const text = document('good/unbounded-pattern.yaml');
    await own.read(text);
    await own.read(text);
    expect(learnt).to.deep.equal(['BEGIN KEY[^$]*END KEY']);
  });

  it('ends when it is closed, and starts again when it is asked', async () => {
    const own = create();
    await own.read(document('good/json.yaml'));
    await own.close();
    await own.close();
    expect((await own.read(document('good/json.yaml'))).config).to.not.equal(null);
  });

  it('reads with the process that it started ahead, and ends it where nothing was to be read', async () => {
    const own = create();
    own.prepare();
    own.prepare();
    expect((await own.read(document('good/json.yaml'))).config).to.not.equal(null);
    await own.close();
    own.prepare();
    await own.close();
  });

  it('knows whether the gateway stands alone', async () => {
    const text = document('good/brief-providers-ref-beside-provider.yaml');
    const { problems } = await create({ loneGateway: true }).read(text);
    // Two of its vendors are not served, wherever it runs.
    const vendors = ['W013', 'W013'];
    expect(problems.map(({ code }) => code)).to.deep.equal([...vendors, 'W003']);
    const joined = `${text}control_plane: {url: "https://keeptrusts.example"}\n`;
    await reader!.close();
    const own = create();
    expect((await own.read(text)).problems.map(({ code }) => code)).to.deep.equal([...vendors, 'W003']);
    expect((await own.read(joined)).problems.map(({ code }) => code)).to.deep.equal(vendors);
  });

  /** A kind whose lint does what `body` says. */
  const kindWith = async (body: string): Promise<string> => {
    const dir = await mkdtemp(join(tmpdir(), 'reader-'));
    await mkdir(join(dir, 'odd-kind'));
    await writeFile(join(dir, 'odd-kind', 'package.json'), '{"type":"module"}');
    await writeFile(join(dir, 'odd-kind', 'schema.json'), '{"type":"object"}');
    await writeFile(join(dir, 'odd-kind', 'lint.js'), `export const lint = (settings) => { ${body} };`);
    return dir;
  };
  const odd = (settings: string): string =>
    `pack: {name: a, version: 1.0.0, enabled: true}\npolicies: {chain: [{kind: odd-kind, settings: ${settings}}]}\n`;

  it('gives up on a document that takes too long, and reads the next in a new process', async () => {
    const dir = await kindWith('if (settings.spin) for (;;) {} return [];');
    try {
      const own = create({ kindDirs: [dir], timeoutMs: 8_000 });
      const [slow, next] = [own.read(odd('{spin: true}')), own.read(odd('{}'))];
      const error = await slow.catch((thrown: Error) => thrown.message);
      expect(error).to.equal('nothing more of it was judged in 8000 ms');
      expect((await next).config).to.not.equal(null);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('reads on after its process was ended between two documents', async () => {
    const dir = await kindWith('setTimeout(() => process.exit(1), 30); return [];');
    try {
      const own = create({ kindDirs: [dir] });
      for (let round = 0; round < 2; round += 1) {
        expect((await own.read(odd('{}'))).config).to.not.equal(null);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('survives a process that fails', async () => {
    const dir = await kindWith('if (settings.fail) throw new Error("a fault"); return [];');
    try {
      const own = create({ kindDirs: [dir] });
      const error = await own.read(odd('{fail: true}')).catch((thrown: Error) => thrown.message);
      expect(error).to.match(/ended early/);
      expect((await own.read(odd('{}'))).config).to.not.equal(null);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
