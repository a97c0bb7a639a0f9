import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { buildBinaries } from '../../../hack/api-server/build.ts';
import { COMMANDS } from '../../../hack/api-server/commands.ts';
import { writeScript } from '../../fakes/script.ts';

const modules = fileURLToPath(new URL('../../../hack/api-server', import.meta.url));
/** Of the arguments of `go build`, the file after `-o`. */
const OUT = 'while [ "$1" != -o ]; do shift; done; out=$2; package=$3';

describe('the build of the API server', () => {
  let folder: string;
  let said: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kt-test-'));
    said = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const build = (script: string): Promise<void> =>
    buildBinaries({
      go: {
        command: writeScript(join(folder, 'go'), script),
        version: 'go1.99',
        env: { PATH: process.env['PATH'] },
      },
      modules,
      out: join(folder, 'cache/key'),
      say: (line) => said.push(line),
    });
  const built = (): string[] => readdirSync(join(folder, 'cache/key')).sort();
  const names = COMMANDS.map(({ name }) => name).sort();

  it('puts every command into the folder, from its own module', async () => {
    await build(`${OUT}; echo compiled/this >&2; echo "$PWD $package" > "$out"`);
    expect(built()).to.deep.equal(names);
    expect(readFileSync(join(folder, 'cache/key/etcd'), 'utf8')).to.equal(
      `${join(modules, 'etcd')} go.etcd.io/etcd/server/v3\n`,
    );
    expect(said[0]).to.match(/^Building etcd, kube-apiserver, .* with go1\.99 into /);
    expect(said.slice(1)).to.deep.equal(COMMANDS.map(({ name }) => `  ${name}: built in 0 s`));
    expect(readdirSync(join(folder, 'cache'))).to.deep.equal(['key']);
  });

  it('continues one that was broken off, and does nothing when all is there', async () => {
    mkdirSync(join(folder, 'cache/key'), { recursive: true });
    writeFileSync(join(folder, 'cache/key/etcd'), 'from before');
    await build(`${OUT}; echo new > "$out"`);
    expect(readFileSync(join(folder, 'cache/key/etcd'), 'utf8')).to.equal('from before');
    expect(readFileSync(join(folder, 'cache/key/kubectl'), 'utf8')).to.equal('new\n');
    said = [];
    await build('exit 9');
    expect(said).to.deep.equal([]);
  });

  it('counts nothing that is half built, and tells what the compiler said', async () => {
    const fault = await build(
      `${OUT}; echo half > "$out"; case $out in */kube-apiserver) echo "x.go:1:1: undefined: y" >&2; exit 2;; esac`,
    ).then(() => null, String);
    expect(fault).to.equal(
      'Error: kube-apiserver could not be built (go ended with 2):\nx.go:1:1: undefined: y',
    );
    expect(built()).to.deep.equal(['etcd']);
    expect(readdirSync(join(folder, 'cache'))).to.deep.equal(['key']);
  });

  it('tries once more where a module could not be downloaded, and no other fault', async () => {
    const marker = `${folder}/tried`;
    const once = `if [ ! -e ${marker} ]; then touch ${marker}; echo "dial tcp: i/o timeout" >&2; exit 1; fi`;
    await build(`${once}; ${OUT}; echo whole > "$out"`);
    expect(built()).to.deep.equal(names);
    expect(said.join('\n')).to.include('dial tcp: i/o timeout').and.to.include('Trying once more.');
    rmSync(join(folder, 'cache'), { recursive: true });
    const fault = await build(`echo x >> ${marker}; echo "dial tcp: i/o timeout" >&2; exit 1`).catch(String);
    expect(fault).to.include('set GOPROXY');
    expect(readFileSync(marker, 'utf8')).to.equal('x\nx\n');
  });

  it('removes what one left that was killed, and not what another one is at', async () => {
    const dead = join(folder, `cache/key.part-${2 ** 30}-dead`);
    const live = join(folder, `cache/key.part-${process.pid}-live`);
    for (const scratch of [dead, live]) mkdirSync(scratch, { recursive: true });
    await build(`${OUT}; echo whole > "$out"`);
    expect(readdirSync(join(folder, 'cache'))).to.deep.equal(['key', `key.part-${process.pid}-live`]);
  });

  it('is not hurt by another one at once', async () => {
    const script = `${OUT}; printf half > "$out"; sleep 0.1; printf whole > "$out"`;
    await Promise.all([build(script), build(script)]);
    expect(built()).to.deep.equal(names);
    for (const name of names) expect(readFileSync(join(folder, 'cache/key', name), 'utf8')).to.equal('whole');
  });
});
