import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { complete } from '../fakes/completion.ts';
import { KtProcess, kt, root } from '../fakes/kt-process.ts';

/** As it stands in the CTO guide. */
const OBSERVE_ONLY = `policies:
- name: observe-all
  type: log
  description: "Log all LLM interactions without blocking"
  enabled: true
`;

const BLOCKING = `pack: { name: cli, version: 1.0.0, enabled: true }
providers:
  targets:
    - { id: mock, provider: mock, models: [{ name: gpt-4o-mini, prices: { input: "0.15", output: "0.60" } }] }
    - { id: real, provider: openai, secret_key_ref: { env: KT_TEST_UNSET_KEY }, models: [{ name: gpt-4o }] }
policies: { chain: [dlp-filter] }
policy:
  dlp-filter: { action: block, blocked_terms: [Project Falcon] }
`;

describe('kt gateway run', () => {
  let cwd: string;
  const started: KtProcess[] = [];
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'keeptrusts-run-'));
  });
  afterEach(async () => {
    for (const process of started.splice(0)) await process.stop('SIGKILL');
    rmSync(cwd, { recursive: true, force: true });
  });

  function run(document: string, ...args: string[]): KtProcess {
    writeFileSync(join(cwd, 'policy-config.yaml'), document);
    const process = new KtProcess(['gateway', 'run', ...args], { cwd });
    started.push(process);
    return process;
  }
  const ask = async (url: string, content: string): Promise<number> => (await complete(url, content)).status;

  for (const [form, args] of [
    ['--config and --port', ['--config', 'policy-config.yaml', '--port', '0', '--admin-port', '0']],
    [
      '--listen and --policy-config',
      ['--listen', '127.0.0.1:0', '--policy-config', 'policy-config.yaml', '--admin-port', '0'],
    ],
  ] as const) {
    it(`check 1: serves /healthz with ${form}, from the guide's observe-only document`, async () => {
      const process = run(OBSERVE_ONLY, ...args);
      const [, url] = await process.saw(/Ready: gateway at (http:\S+),/);
      expect((await fetch(`${url}/healthz`)).status).to.equal(200);
      expect(await process.stop()).to.equal(0);
    });
  }

  it('is read by the same commands as a control plane: events list and verify, doctor', async () => {
    const process = run(BLOCKING, '--config', 'policy-config.yaml', '--port', '0', '--admin-port', '0');
    const [, url] = await process.saw(/Ready: gateway at (http:\S+),/);
    expect(await ask(url!, 'hello')).to.equal(200);
    expect(await ask(url!, 'about Project Falcon')).to.equal(403);
    const { out } = await kt(['events', 'list', '--since', '24h', '--format', 'json'], { cwd });
    expect(
      JSON.parse(out).map(({ status, verdict }: Record<string, unknown>) => [status, verdict]),
    ).to.deep.equal([
      [403, 'block'],
      [200, 'allow'],
    ]);
    expect((await kt(['events', 'list', '--decision', 'block', '--count'], { cwd })).out).to.equal('1\n');
    const verified = await kt(['events', 'verify', '--allow-unanchored'], { cwd });
    expect(verified.out).to.contain('the chain verifies');
    expect(verified.code).to.equal(0);
    const doctor = await kt(['doctor', '--config', 'policy-config.yaml'], { cwd });
    expect(doctor.code).to.equal(0);
    expect(doctor.out).to.match(/^providers +warning +mock; real: .*KT_TEST_UNSET_KEY/m);
    await process.stop();
    const away = await kt(['doctor'], { cwd });
    expect(away.code).to.equal(1);
    expect(away.err).to.contain('the api layer fails: nothing runs here');
  });

  it('checks 3, 8 and 9: the three targets of the guide are shown, without a value, and what cannot be used is', async () => {
    for (const reading of ['beside', 'below']) {
      const guide = readFileSync(
        join(root, `test/golden/policy-config/good/brief-providers-ref-${reading}-provider.yaml`),
        'utf8',
      );
      writeFileSync(join(cwd, 'policy-config.yaml'), guide);
      const linted = await kt(['policy', 'lint', '--file', 'policy-config.yaml'], { cwd });
      expect([linted.code, linted.err]).to.deep.equal([0, '']);
      const process = new KtProcess(
        ['gateway', 'run', '--config', 'policy-config.yaml', '--port', '0', '--admin-port', '0'],
        { cwd, env: { OPENAI_API_KEY: 'CANARY-of-a-credential', ANTHROPIC_API_KEY: '' } },
      );
      started.push(process);
      const [, url, admin] = await process.saw(/Ready: gateway at (http:\S+), admin at (http:\S+?)\. /);
      expect((await fetch(`${url}/healthz`)).status).to.equal(200);
      const token = readFileSync(join(cwd, '.keeptrusts/gateway/admin-token'), 'utf8').trim();
      const answer = await fetch(`${admin}/keeptrusts/config`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const text = await answer.text();
      const { targets } = JSON.parse(text).providers;
      expect(targets.map(({ id }: { id: string }) => id)).to.deep.equal([
        'openai',
        'anthropic',
        'azure-openai',
      ]);
      const [openai, anthropic, azure] = targets;
      expect(openai).to.deep.include({ secret_key_ref: { env: 'OPENAI_API_KEY' }, unavailable: null });
      expect(anthropic.unavailable).to.be.a('string').and.not.equal('');
      expect(azure.unavailable).to.be.a('string').and.not.equal('');
      const health = await (await fetch(`${admin}/health`)).text();
      for (const shown of [text, health, process.out, process.err]) expect(shown).to.not.contain('CANARY');
      expect((await fetch(`${admin}/keeptrusts/config`)).status).to.equal(401);
      await process.stop();
    }
  });

  it('says in lint, at the start and in doctor that nobody is let in at an open address with stored credentials and no keys', async () => {
    const listen = ['--listen', '0.0.0.0:0'];
    const process = run(BLOCKING, '--config', 'policy-config.yaml', ...listen, '--admin-port', '0');
    await process.saw(/Ready: gateway at /);
    await process.saw(/every caller of \S+ is refused/);
    const doctor = await kt(['doctor'], { cwd });
    expect(doctor.code).to.equal(1);
    expect(doctor.err).to.match(
      /the gateway layer fails: .*stored credentials and no `identity` section, so that every caller of 0\.0\.0\.0:\d+ is refused/,
    );
    const linted = await kt(['policy', 'lint', '--file', 'policy-config.yaml', '--strict', ...listen], {
      cwd,
    });
    expect(linted.code).to.equal(1);
    expect(linted.out)
      .to.contain(' warning W002: ')
      .and.to.match(/: valid, 1 entry, \d warnings?$/m);
  });

  it('lets callers with their own credentials in at any address, as the guide’s command for 0.0.0.0 needs', async () => {
    const process = run(
      OBSERVE_ONLY,
      '--listen',
      '0.0.0.0:0',
      '--policy-config',
      'policy-config.yaml',
      '--admin-port',
      '0',
    );
    const [, url] = await process.saw(/Ready: gateway at (http:\S+),/);
    const answer = await fetch(`${url}/v1/models`);
    expect(answer.status).to.equal(200);
  });

  it('says in one line what it cannot start without', async () => {
    const process = run(BLOCKING, '--port', '0', '--admin-port', '0');
    expect(await process.exited).to.equal(1);
    expect(process.err).to.match(/^kt: there is no policy config: .*--config FILE/m);
  });

  it('says in one line that the policy config cannot be read, and ends', async () => {
    const process = run(BLOCKING, '--config', '/nowhere/policy.yaml', '--port', '0', '--admin-port', '0');
    expect(await process.exited).to.equal(1);
    expect(process.err).to.match(
      /^kt: \/nowhere\/policy\.yaml cannot be read \(ENOENT\)\.[^\n]*--config FILE\.\n$/,
    );
  });

  it('says at the start which target cannot be used, and names the variable that is missing', async () => {
    const process = run(BLOCKING, '--config', 'policy-config.yaml', '--port', '0', '--admin-port', '0');
    await process.saw(/^Warning: the target "real" cannot be used: .*KT_TEST_UNSET_KEY is not set$/m);
  });

  it('says in one line that the state folder cannot be written, and ends', async () => {
    writeFileSync(join(cwd, 'file'), '');
    const folders = [join(cwd, 'file', 'state'), ...(process.platform === 'linux' ? ['/proc/x'] : [])];
    for (const folder of folders) {
      const gateway = run(BLOCKING, '--config', 'policy-config.yaml', '--state-dir', folder);
      const plane = new KtProcess(['up', '-f', cwd, '--state-dir', folder], { cwd });
      started.push(plane);
      for (const process of [gateway, plane]) {
        expect(await process.exited).to.equal(1);
        expect(process.err).to.match(
          /^kt: the state folder \S+ cannot be written \(E[A-Z]+\): name another with --state-dir\.\n$/,
        );
      }
    }
  });

  it('stays unready and says why while the document is bad, and serves once it is mended', async () => {
    const process = run('pack: [\n', '--config', 'policy-config.yaml', '--port', '0', '--admin-port', '0');
    const [, url, admin] = await process.saw(/Not ready: gateway at (http:\S+), admin at (http:\S+)\./);
    await process.saw(/kt policy lint --file \S+policy-config.yaml/);
    expect(process.err)
      .to.match(/policy-config\.yaml:\d+:\d+: E010 /)
      .and.to.contain('no request is served')
      .and.to.contain('Not ready: it has no policy config yet.')
      .and.to.not.contain('{"level"');
    expect((await fetch(`${admin}/readyz`)).status).to.equal(503);
    expect(await ask(url!, 'hello')).to.equal(503);
    writeFileSync(join(cwd, 'policy-config.yaml'), BLOCKING);
    const began = Date.now();
    while ((await fetch(`${admin}/readyz`)).status !== 200) {
      expect(Date.now() - began).to.be.lessThan(15_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await ask(url!, 'hello')).to.equal(200);
  });
});
