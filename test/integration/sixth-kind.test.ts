import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { TestFolder } from '../fakes/folder.ts';
import { freePort, GatewayProcess } from '../fakes/gateway-main.ts';
import { root } from '../fakes/kt-process.ts';

const KIND = 'shouting-filter';
const DOCUMENT = `
pack: { name: sixth, version: 1.0.0, enabled: true }
providers: { targets: [{ id: mock, provider: mock, models: [{ name: echo }] }] }
policies: { chain: [${KIND}] }
policy: { ${KIND}: { longest: 5 } }
`;
const PARTS = ['gateway', 'operator', 'cli', 'crds', 'hack', 'docs'];
const FILES = ['package.json', 'biome.json', 'tsconfig.json', 'README.md', '.gitignore'];

/** A copy of the sources in which one folder is new, and nothing else was touched by hand. */
describe('a sixth kind, as a new folder of a checkout', function () {
  this.timeout(120_000);
  let checkout: TestFolder;
  const run = (script: string, ...args: string[]) =>
    spawnSync(process.execPath, [checkout.file(script), ...args], { cwd: checkout.path, encoding: 'utf8' });
  const text = (path: string): string => readFileSync(checkout.file(path), 'utf8');
  const schemaOf = (): Record<string, { enum: string[]; properties: Record<string, { maximum: number }> }> =>
    parse(text('crds/governancepolicies.yaml')).spec.versions[0].schema.openAPIV3Schema.properties.spec
      .properties.entries.items.properties;

  before(() => {
    checkout = new TestFolder();
    const filter = (path: string): boolean => !path.endsWith('node_modules');
    for (const part of PARTS) cpSync(join(root, part), checkout.file(part), { recursive: true, filter });
    for (const file of FILES) cpSync(join(root, file), checkout.file(file));
    symlinkSync(join(root, 'node_modules'), checkout.file('node_modules'));
    const fixture = new URL('../gateway/policies/fixtures/sixth', import.meta.url);
    cpSync(fixture, checkout.file(`gateway/policies/${KIND}`), { recursive: true });
    checkout.write(
      `gateway/policies/${KIND}/README.md`,
      `# ${KIND}\n\nAsks long words in capitals to be quiet.\n`,
    );
    checkout.write('policy-config.yaml', DOCUMENT);
  });
  after(() => checkout.remove());

  it('is linted by its own schema and lint', () => {
    const lint = (document: string) => {
      checkout.write('lint.yaml', document);
      const { status, stdout } = run('cli/main.ts', 'policy', 'lint', '--file', 'lint.yaml', '--json');
      const { errors, warnings } = JSON.parse(stdout);
      return [status, ...[...errors, ...warnings].map(({ code }: { code: string }) => code)];
    };
    expect(lint(DOCUMENT)).to.deep.equal([0]);
    expect(lint(DOCUMENT.replace('longest: 5', 'longest: 0'))).to.deep.equal([2, 'E014']);
    expect(lint(DOCUMENT.replace('longest: 5', 'longest: 99'))).to.deep.equal([0, 'W012']);
  });

  it('runs in a gateway', async () => {
    const [port, admin] = [await freePort(), await freePort()];
    const ports = ['--port', String(port), '--admin-port', String(admin)];
    const gateway = new GatewayProcess(
      ['--config', checkout.file('policy-config.yaml'), '--state-dir', checkout.file('state'), ...ports],
      {},
      checkout.file('gateway/main.ts'),
    );
    try {
      await gateway.answers(`http://127.0.0.1:${admin}/readyz`);
      const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'echo',
          messages: [{ role: 'user', content: 'please STOP SHOUTING' }],
        }),
      });
      const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] };
      expect(choices[0]!.message.content).to.contain('please STOP (quiet)');
    } finally {
      expect(await gateway.stop()).to.equal(0);
    }
  });

  it('is taken by the generators: a member of the CRD with its type, the operator, the published schema, the reference', () => {
    expect(run('hack/verify.ts').stderr).to.match(/governancepolicies.yaml is stale/);
    const generated = run('hack/generate.ts');
    expect([generated.status, generated.stderr]).to.deep.equal([0, '']);
    const { kind, shoutingFilter } = schemaOf();
    expect(kind!.enum).to.include('ShoutingFilter');
    expect(shoutingFilter!.properties['longest']!.maximum).to.equal(99);
    expect(text('crds/types/governancepolicy.ts')).to.contain('shoutingFilter?:');
    expect(text('operator/domain/kinds.generated.ts')).to.contain(`policies/${KIND}/schema.json`);
    expect(text('docs/reference/policies.md')).to.contain(`## ${KIND}\n`).and.to.contain('to be quiet.');
    const published = globSync('docs/**/*.schema.json', { cwd: checkout.path });
    expect(published.map(text).join('')).to.contain(`"${KIND}"`);
    expect([run('hack/verify.ts').status, run('hack/verify.ts').stderr]).to.deep.equal([0, '']);
  });
});
