import { execFileSync, spawnSync } from 'node:child_process';
import { globSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { TestFolder } from '../fakes/folder.ts';
import { freePortPair, GatewayProcess } from '../fakes/gateway-main.ts';
import { root } from '../fakes/kt-process.ts';

const DOCUMENT = `
pack: { name: built, version: 1.0.0, enabled: true }
providers: { targets: [{ id: mock, provider: mock, models: [{ name: echo }] }] }
policies: { chain: [dlp-filter, pii-detector] }
policy:
  dlp-filter: { action: block, detect_patterns: ["EMP-[0-9]{4}"] }
  pii-detector: { action: redact }
`;

/** A folder with nothing of the checkout but what `npm run build` writes and the packages. */
describe('npm run build', function () {
  this.timeout(120_000);
  let folder: TestFolder;
  const built = (path: string): string => folder.file(join('dist', path));
  const kt = (...args: string[]) =>
    spawnSync(process.execPath, [built('cli/main.js'), ...args], { cwd: folder.path, encoding: 'utf8' });

  before(() => {
    folder = new TestFolder();
    // Of an earlier build: a kind that was since deleted.
    mkdirSync(built('gateway/policies/old-kind'), { recursive: true });
    folder.write('dist/gateway/policies/old-kind/kind.js', 'throw new Error("an old kind is still there");');
    execFileSync(process.execPath, [join(root, 'hack/build.ts'), folder.file('dist')], { stdio: 'pipe' });
    symlinkSync(join(root, 'node_modules'), folder.file('node_modules'));
    folder.write('policy-config.yaml', DOCUMENT);
  });
  after(() => folder.remove());

  it('gives a command line that runs, with the schemas of the kinds', () => {
    expect(kt('version').stdout).to.match(/^kt \d/);
    expect(kt('policy', 'lint', '--file', 'policy-config.yaml')).to.include({ status: 0, stderr: '' });
    folder.write('bad.yaml', DOCUMENT.replace('detect_patterns', 'detect_pattern'));
    const refused = kt('policy', 'lint', '--file', 'bad.yaml', '--json');
    expect(refused.status).to.equal(2);
    expect(JSON.parse(refused.stdout).errors[0]).to.include({ code: 'E002', suggestion: 'detect_patterns' });
  });

  it('gives a gateway that reads, compiles and enforces a document', async () => {
    const [port, admin] = await freePortPair();
    const ports = ['--port', String(port), '--admin-port', String(admin)];
    const gateway = new GatewayProcess(
      ['--config', folder.file('policy-config.yaml'), '--state-dir', folder.file('state'), ...ports],
      {},
      built('gateway/main.js'),
    );
    try {
      await gateway.answers(`http://127.0.0.1:${admin}/readyz`);
      const ask = (content: string): Promise<Response> =>
        fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'echo', messages: [{ role: 'user', content }] }),
        });
      expect(await (await ask('write to jo@example.com')).text()).to.not.contain('jo@example.com');
      expect((await ask('badge EMP-1234')).status).to.equal(403);
    } finally {
      expect(await gateway.stop()).to.equal(0);
    }
    const verified = kt('events', 'verify', join('state', 'spool'), '--allow-unanchored');
    expect(verified.stdout).to.contain('the chain verifies');
  });

  it('gives a control plane that has its CRDs, and refuses to start without them', () => {
    folder.write(
      'resources/policy.yaml',
      'apiVersion: governance.keeptrusts.com/v1alpha1\nkind: GovernancePolicy\nmetadata: {name: x}\nspec: {}\n',
    );
    const args = ['up', '-f', 'resources', '--api-port', '0', '--gateway-port', '0'];
    const up = (): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [built('cli/main.js'), ...args], {
        cwd: folder.path,
        encoding: 'utf8',
        timeout: 10_000,
        killSignal: 'SIGTERM',
      });
    expect(up().stderr, 'an object that the schema refuses').to.match(/GovernancePolicy.*x/);
    for (const file of globSync('*.yaml', { cwd: built('crds') })) rmSync(built(join('crds', file)));
    const without = up();
    expect(without.status).to.equal(1);
    expect(without.stderr).to.match(/^kt: there are no CRDs in .*npm run build/m);
  });
});
