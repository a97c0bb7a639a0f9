import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { builtFolder, findSource } from '../../../hack/api-server/source.ts';
import { apiServerObstacle } from '../../../hack/api-server/tier.ts';
import { writeScript } from '../../fakes/script.ts';

describe('where an API server comes from', () => {
  let folder: string;
  let env: Record<string, string>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kt-test-'));
    env = { XDG_CACHE_HOME: join(folder, 'cache'), PATH: join(folder, 'bin') };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (...files: string[]): void => {
    for (const file of files) writeScript(file, 'exit 0');
  };
  const inFolder = (where: string, ...names: string[]): string[] => names.map((name) => join(where, name));

  it('is TEST_KUBECONFIG before all others, with kubectl from wherever there is one', () => {
    env['TEST_KUBECONFIG'] = join(folder, 'config');
    expect(findSource(env)).to.have.property('obstacle').that.includes('which does not exist');
    writeFileSync(env['TEST_KUBECONFIG'], '{}');
    expect(findSource(env)).to.have.property('obstacle', 'TEST_KUBECONFIG needs kubectl on the PATH');
    put(join(folder, 'bin/kubectl'));
    expect(findSource(env)).to.deep.equal({
      from: 'cluster',
      kubeconfig: env['TEST_KUBECONFIG'],
      kubectl: join(folder, 'bin/kubectl'),
    });
    const assets = join(folder, 'assets');
    env['KUBEBUILDER_ASSETS'] = assets;
    put(...inFolder(assets, 'etcd', 'kube-apiserver', 'kubectl'));
    expect(findSource(env)).to.include({ from: 'cluster', kubectl: join(assets, 'kubectl') });
  });

  it('is KUBEBUILDER_ASSETS, with controllers where it has them', () => {
    const assets = join(folder, 'assets');
    env['KUBEBUILDER_ASSETS'] = assets;
    put(join(assets, 'kubectl'));
    expect(findSource(env)).to.have.property('obstacle').that.includes('lacks etcd and kube-apiserver');
    put(...inFolder(assets, 'etcd', 'kube-apiserver'));
    expect(findSource(env)).to.have.nested.property('binaries.controllerManager', null);
    put(join(assets, 'kube-controller-manager'));
    expect(findSource(env)).to.deep.equal({
      from: 'folder',
      folder: assets,
      binaries: {
        etcd: join(assets, 'etcd'),
        apiServer: join(assets, 'kube-apiserver'),
        controllerManager: join(assets, 'kube-controller-manager'),
        kubectl: join(assets, 'kubectl'),
      },
    });
  });

  it('is what was built before, once all of it is there, without a Go', () => {
    const built = builtFolder(env);
    expect(built).to.match(/\/cache\/keeptrusts\/kubernetes\/[0-9a-f]{16}$/);
    put(...inFolder(built, 'etcd', 'kube-apiserver', 'kubectl'));
    expect(findSource(env)).to.have.property('from', 'network');
    put(join(built, 'kube-controller-manager'));
    expect(findSource(env)).to.have.property('from', 'folder');
  });

  it('is built by a Go on the PATH', () => {
    writeScript(join(folder, 'bin/go'), 'echo go1.99');
    expect(findSource(env)).to.include({ from: 'go', folder: builtFolder(env) });
    expect(apiServerObstacle(env, false)).to.equal(null);
  });

  it('is an obstacle without a Go, unless it is asked for: then Go is fetched', () => {
    expect(apiServerObstacle(env, false)).to.match(
      /^Go is not installed, and .* Install Go 1\.26 or newer, or set KUBEBUILDER_ASSETS .* or TEST_KUBECONFIG/,
    );
    expect(apiServerObstacle(env, true)).to.equal(null);
  });
});
