import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { formatTable } from '../../cli/table.ts';
import { hashKey, isWellFormedKey } from '../../gateway/contract/key-format.ts';
import { startTestApi } from '../fakes/control-plane-api.ts';
import { runKt } from '../fakes/io.ts';

describe('kt', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'keeptrusts-cli-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it('explains itself, with examples, at every level', async () => {
    for (const args of [
      [],
      ['up'],
      ['gateway', 'run'],
      ['policy', 'lint'],
      ['events', 'list'],
      ['events', 'tail'],
      ['events', 'verify'],
      ['keys', 'create'],
      ['keys', 'list'],
      ['keys', 'revoke'],
      ['doctor'],
    ]) {
      const { out, exitCode } = await runKt([...args, '--help']);
      expect(exitCode, args.join(' ')).to.equal(0);
      expect(out, args.join(' ')).to.contain('Examples:');
    }
  });

  it('exits 2 for a command or an option that does not exist, and says which', async () => {
    const command = await runKt(['event', 'list']);
    expect(command.exitCode).to.equal(2);
    expect(command.err).to.contain('event');
    const option = await runKt(['events', 'list', '--sinse', '5m']);
    expect(option.exitCode).to.equal(2);
    expect(option.err).to.contain('--sinse').and.to.contain('--since');
  });

  it('prints its versions', async () => {
    const asked = await runKt(['--version']);
    expect([asked.exitCode, asked.out]).to.deep.equal([0, (await runKt(['version'])).out]);
    expect((await runKt(['version'])).out).to.match(
      /^kt \d+\.\d+\.\d+ \(Node \d+\.\d+\.\d+, policy-config contract 1\)\n$/,
    );
    expect(JSON.parse((await runKt(['version', '--format', 'json'])).out)).to.have.keys(
      'kt',
      'node',
      'contract',
    );
  });

  it('makes a key whose entry holds its hash and not its value', async () => {
    const { out, err } = await runKt(
      ['keys', 'create', '--entry', '--team', 'red', '--models', 'a', 'b', '--expires-in', '90d'],
      {
        now: Date.parse('2026-11-24T00:00:00Z'),
      },
    );
    const [value, ...rest] = out.split('\n');
    expect(isWellFormedKey(value!)).to.equal(true);
    expect(err).to.contain('only time');
    const [entry] = parse(rest.join('\n')).identity.keys;
    expect(entry).to.deep.equal({
      id: value!.split('_')[2],
      sha256: hashKey(value!),
      team: 'red',
      models: ['a', 'b'],
      expires_at: '2027-02-22T00:00:00.000Z',
    });
    expect(rest.join('\n')).to.not.contain(value);
    expect((await runKt(['keys', 'create', '--entry', '--expires-in', 'soon'])).exitCode).to.equal(2);
  });

  const document = (policies: string): string =>
    `pack: { name: p, version: 1.0.0, enabled: true }\npolicies: ${policies}\n`;

  it('lints: 0 valid, 2 errors, with place and advice for people', async () => {
    const good = file('good.yaml', document('{ chain: [audit-logger] }'));
    expect(await runKt(['policy', 'lint', '--file', good])).to.deep.include({ exitCode: 0 });
    const bad = file('bad.yaml', document('{ chain: [audit-loger] }'));
    const { out, exitCode } = await runKt(['policy', 'lint', '--file', bad]);
    expect(exitCode).to.equal(2);
    expect(out).to.match(/bad\.yaml:2:\d+: error E001 policies\.chain\[0\]: /);
    expect(out).to.contain('audit-logger');
    expect(out).to.contain('did you mean "audit-logger"?\n');
    const open = file(
      'open.yaml',
      document(
        '{ chain: [audit-logger] }\nproviders: {targets: [{id: openai, provider: openai, secret_key_ref: {env: X}}]}',
      ),
    );
    const listening = await runKt(['policy', 'lint', open, '--listen', '0.0.0.0:41002']);
    expect(listening.exitCode).to.equal(0);
    expect(listening.out).to.contain('open.yaml:1:1: warning W002: the document has stored');
    expect(await runKt(['policy', 'lint', good])).to.deep.include({ exitCode: 0 });
    for (const args of [[], [good, '--file', bad]]) {
      const { err, exitCode } = await runKt(['policy', 'lint', ...args]);
      expect(exitCode).to.equal(2);
      expect(err).to.match(args.length === 0 ? /^kt: No document is given/ : /^kt: Two documents are given/);
    }
    expect((await runKt(['policy', 'lint', '--file', join(folder, 'none.yaml')])).err).to.contain('ENOENT');
  });

  it('check 4: a misspelt key gives exit 2 and errors[0].code E002 with a path', async () => {
    const bad = file('misspelt.yaml', `${document('{ chain: [audit-logger] }')}polcy: {}\n`);
    const { out, exitCode } = await runKt(['policy', 'lint', '--file', bad, '--json']);
    expect(exitCode).to.equal(2);
    const result = JSON.parse(out);
    expect(result.valid).to.equal(false);
    expect(result.errors[0]).to.include({ code: 'E002', path: 'polcy' });
  });

  it('check 5: an unknown kind gives E001 and a suggestion', async () => {
    const bad = file('unknown.yaml', document('{ chain: [prompt-injections] }'));
    const { errors } = JSON.parse((await runKt(['policy', 'lint', '--file', bad, '--json'])).out);
    expect(errors[0].code).to.equal('E001');
    expect(JSON.stringify(errors[0])).to.contain('prompt-injection');
  });

  it('never lets a control character of a value reach the terminal', () => {
    expect(formatTable(['A'], [['x\u001b[31my\n']])).to.equal('A\nx?[31my?\n');
  });

  describe('check 71: doctor', () => {
    it('exits 0 when all is well, and names the failing layer when it is not', async () => {
      const running = await startTestApi();
      const flags = ['--api-url', running.api.url, '--api-token', running.tokens.personToken];
      const report = (ready: boolean, unavailable: string | null = null) =>
        running.reports.put({
          namespace: 'default',
          gateway: 'default',
          instance: 'i',
          contract: 1,
          version: '0',
          ready,
          revision: null,
          rejected: null,
          targets: [{ id: 'openai', unavailable, code: unavailable === null ? null : 'credential' }],
          backlog: 0,
          stream: null,
          reportedAt: Date.now(),
        });
      try {
        const lonely = await runKt(['doctor', ...flags]);
        expect(lonely.exitCode).to.equal(1);
        expect(lonely.err).to.contain('the gateway layer fails');
        report(true);
        expect(await runKt(['doctor', ...flags])).to.deep.include({ exitCode: 0, err: '' });
        const problem = {
          file: 'policy.yaml',
          line: 4,
          column: 3,
          object: 'GovernancePolicy default/base',
          code: 'K101',
          message: 'no field of that name',
        };
        running.problems.push({ ...problem, severity: 'warning' });
        const warned = await runKt(['doctor', ...flags]);
        expect(warned).to.include({ exitCode: 0, err: '' });
        expect(warned.out).to.match(
          /resources +warning +policy\.yaml:4:3 GovernancePolicy default\/base: K101 no/,
        );
        running.problems.push({ ...problem, severity: 'error', file: null, line: null, column: null });
        const refused = await runKt(['doctor', ...flags]);
        expect(refused.exitCode).to.equal(1);
        expect(refused.err).to.equal(
          'kt: the resources layer fails: GovernancePolicy default/base: K101 no field of that name (and 1 more, above)\n',
        );
        expect(refused.out).to.match(
          /^resources +failed +GovernancePolicy default\/base: K101 .*\n +warning +policy\.yaml:4:3 Gov/m,
        );
        const json = JSON.parse((await runKt(['doctor', ...flags, '--format', 'json'])).out);
        const { detail, others } = json.checks.find(({ layer }: { layer: string }) => layer === 'resources');
        expect([detail, others]).to.deep.equal([
          'GovernancePolicy default/base: K101 no field of that name',
          [
            {
              status: 'warning',
              detail: 'policy.yaml:4:3 GovernancePolicy default/base: K101 no field of that name',
            },
          ],
        ]);
        running.problems.length = 0;
        report(true, 'the file openai/api-key is not there');
        const without = await runKt(['doctor', ...flags]);
        expect(without.exitCode).to.equal(1);
        expect(without.err).to.contain(
          'the providers layer fails: default/openai: i: the file openai/api-key is not there',
        );
        report(false);
        expect((await runKt(['doctor', ...flags])).err).to.contain(
          'the gateway layer fails: default/default (i) is not ready',
        );
        report(true);
        const lax = file('lax.yaml', document('{ chain: [] }'));
        const warning = await runKt(['doctor', ...flags, '--config', lax, '--format', 'json']);
        expect(warning.exitCode).to.equal(0);
        expect(JSON.parse(warning.out).checks[0].status).to.equal('warning');
        expect(JSON.parse(warning.out).checks[0].detail).to.contain('lax.yaml:2:20 W011 ');
        const bad = file('doctor.yaml', 'pack: 7\n');
        const config = await runKt(['doctor', ...flags, '--config', bad, '--format', 'json']);
        expect(config.exitCode).to.equal(1);
        expect(JSON.parse(config.out).checks[0]).to.include({ layer: 'config', status: 'failed' });
      } finally {
        await running.close();
      }
      const away = await runKt(['doctor', ...flags]);
      expect(away.exitCode).to.equal(1);
      expect(away.err).to.contain('the api layer fails');
    });
  });
});
