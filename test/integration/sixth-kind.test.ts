import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { TestFolder } from '../fakes/folder.ts';
import { freePortPair, GatewayProcess } from '../fakes/gateway-main.ts';
import { root } from '../fakes/kt-process.ts';

const KIND = 'phrase-counter';
/** A second one, which judges calls of tools. */
const FENCE = 'tool-fence';
const DOCUMENT = `
pack: { name: sixth, version: 1.0.0, enabled: true }
providers: { targets: [{ id: mock, provider: mock, models: [{ name: echo }] }] }
policies: { chain: [${KIND}, ${FENCE}] }
policy: { ${KIND}: { phrase: pineapple, at_most: 5 }, ${FENCE}: { phases: [input], denied: [rm] } }
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
    for (const kind of [KIND, FENCE]) {
      const fixture = new URL(`../gateway/contract/kinds/${kind}`, import.meta.url);
      cpSync(fixture, checkout.file(`gateway/policies/${kind}`), { recursive: true });
      checkout.write(`gateway/policies/${kind}/README.md`, `# ${kind}\n\nBlocks what holds a phrase.\n`);
    }
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
    expect(lint(DOCUMENT.replace('at_most: 5', 'at_most: 500'))).to.deep.equal([2, 'E014']);
    expect(lint(DOCUMENT.replace('pineapple', 'never'))).to.deep.equal([2, 'E016']);
  });

  it('runs in a gateway', async () => {
    const [port, admin] = await freePortPair();
    const ports = ['--port', String(port), '--admin-port', String(admin)];
    const gateway = new GatewayProcess(
      ['--config', checkout.file('policy-config.yaml'), '--state-dir', checkout.file('state'), ...ports],
      {},
      checkout.file('gateway/main.ts'),
    );
    try {
      await gateway.answers(`http://127.0.0.1:${admin}/readyz`);
      const ask = async (content: string, calls: object[] = []) => {
        const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            model: 'echo',
            messages: [
              ...calls.map((call) => ({ role: 'assistant', tool_calls: [{ id: 'c', function: call }] })),
              { role: 'user', content },
            ],
          }),
        });
        const { error } = (await answer.json()) as { error?: { policy: string } };
        return [answer.status, error?.policy];
      };
      expect(await ask('an apple')).to.deep.equal([200, undefined]);
      expect(await ask('a pineapple')).to.deep.equal([403, KIND]);
      expect(await ask('an apple', [{ name: 'ls', arguments: '{}' }])).to.deep.equal([200, undefined]);
      expect(await ask('an apple', [{ name: 'rm', arguments: '{}' }])).to.deep.equal([403, FENCE]);
    } finally {
      expect(await gateway.stop()).to.equal(0);
    }
  });

  it('is taken by the generators: a member of the CRD with its type, the operator, the published schema, the reference', () => {
    expect(run('hack/verify.ts').stderr).to.match(/governancepolicies.yaml is stale/);
    const generated = run('hack/generate.ts');
    expect([generated.status, generated.stderr]).to.deep.equal([0, '']);
    const { kind, phraseCounter } = schemaOf();
    expect(kind!.enum).to.include('PhraseCounter');
    expect(phraseCounter!.properties['atMost']!.maximum).to.equal(100);
    expect(text('crds/types/governancepolicy.ts')).to.contain('phraseCounter?:');
    expect(text('operator/domain/kinds.generated.ts')).to.contain(`policies/${KIND}/schema.json`);
    expect(text('docs/reference/policies.md'))
      .to.contain(`## ${KIND}\n`)
      .and.to.contain('Blocks what holds a phrase.');
    const published = globSync('docs/**/*.schema.json', { cwd: checkout.path });
    expect(published.map(text).join('')).to.contain(`"${KIND}"`);
    expect([run('hack/verify.ts').status, run('hack/verify.ts').stderr]).to.deep.equal([0, '']);
  });
});
