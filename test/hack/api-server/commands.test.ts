import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { buildArguments, COMMANDS, cacheKey, linkerFlags } from '../../../hack/api-server/commands.ts';

const modules = fileURLToPath(new URL('../../../hack/api-server', import.meta.url));

describe('what is built for the API server', () => {
  const goMod = readFileSync(join(modules, 'kubernetes/go.mod'), 'utf8');

  it('reports the version that the module pins, since clients do not accept v0.0.0', () => {
    const flags = linkerFlags('require (\n\tk8s.io/kubernetes v1.40.12 // indirect\n)\n');
    expect(flags).to.include('version.gitVersion=v1.40.12 ');
    expect(flags)
      .to.include('version.gitMajor=1 ')
      .and.to.match(/version\.gitMinor=40$/);
    expect(() => linkerFlags('module x\n')).to.throw('requires no k8s.io/kubernetes');
  });

  it('takes every command from the tools of its module, and each staging module at the version of Kubernetes', () => {
    const minorAndPatch = /k8s\.io\/kubernetes v1\.(\d+\.\d+)/.exec(goMod)?.[1];
    for (const command of COMMANDS) {
      const text = readFileSync(join(modules, command.module, 'go.mod'), 'utf8');
      expect(text).to.match(new RegExp(`^(tool |\\t)${command.package}$`, 'm'));
    }
    const replaced = [...goMod.matchAll(/^\t(k8s\.io\/\S+) => (\S+) v0\.(\S+)$/gm)];
    expect(replaced.length).to.be.greaterThan(30);
    for (const [line, from, to, version] of replaced) {
      expect(to, line).to.equal(from);
      expect(version, line).to.equal(minorAndPatch);
    }
  });

  it('writes one file without the paths of this machine', () => {
    const args = buildArguments(COMMANDS[0]!, goMod, '/out/etcd');
    expect(args.slice(0, 3)).to.deep.equal(['build', '-v', '-trimpath']);
    expect(args.slice(-3)).to.deep.equal(['-o', '/out/etcd', 'go.etcd.io/etcd/server/v3']);
  });
});

describe('the key of the cache', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kt-test-'));
    for (const module of ['etcd', 'kubernetes'])
      cpSync(join(modules, module), join(folder, module), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is the same for the same files, wherever they lie', () => {
    expect(cacheKey(folder, 'linux-x64'))
      .to.equal(cacheKey(modules, 'linux-x64'))
      .and.to.match(/^[0-9a-f]{16}$/);
  });

  it('is another for another machine and for any change of the module files', () => {
    const keys = new Set([cacheKey(folder, 'linux-x64'), cacheKey(folder, 'linux-arm64')]);
    for (const file of ['etcd/go.mod', 'etcd/go.sum', 'kubernetes/go.mod', 'kubernetes/go.sum']) {
      writeFileSync(join(folder, file), `${readFileSync(join(folder, file), 'utf8')}\n`);
      keys.add(cacheKey(folder, 'linux-x64'));
    }
    expect(keys).to.have.property('size', 6);
  });
});
