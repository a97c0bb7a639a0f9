import { expect } from 'chai';
import { isWellFormedKey } from '../../gateway/contract/key-format.ts';
import type { InstanceReport } from '../../operator/domain/instance-reports.ts';
import { startTestApi, type TestApi } from '../fakes/control-plane-api.ts';
import { TestFolder } from '../fakes/folder.ts';
import { instanceReport } from '../fakes/instance-report.ts';
import { runKt } from '../fakes/io.ts';
import { kt } from '../fakes/kt-process.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');

describe('kt keys', () => {
  let running: TestApi;
  let env: Record<string, string>;
  beforeEach(async () => {
    running = await startTestApi(() => NOW);
    env = { KEEPTRUSTS_API_URL: running.api.url, KEEPTRUSTS_API_TOKEN: running.tokens.personToken };
  });
  afterEach(() => running.close());

  const run = (...args: string[]) => runKt(['keys', ...args], { env, now: NOW });
  const stored = async () =>
    (await running.store.listKeys({ namespace: null, gateway: null, revoked: true, limit: 9, before: null }))
      .keys;

  it('create: the value alone on standard output, so that a shell can take it', async () => {
    const { out, err, exitCode } = await run('create', '--team', 'red', '--note', 'laptop of Ann');
    expect(exitCode).to.equal(0);
    expect(isWellFormedKey(out.trimEnd())).to.equal(true);
    expect(err)
      .to.contain('only time')
      .and.to.contain(`kt keys revoke ${out.split('_')[2]}`);
    expect((await stored())[0]).to.deep.include({
      id: out.split('_')[2],
      namespace: 'default',
      gateway: null,
      team: 'red',
      models: null,
      note: 'laptop of Ann',
      createdBy: 'local',
    });
  });

  it('create: scopes of every kind, and JSON', async () => {
    const scopes = ['--namespace', 'shop', '--gateway', 'eu', '--project', 'p', '--user', 'ann'];
    const more = ['--use-case', 'u', '--models', 'a,b', 'c', '--expires-in', '12h', '--format', 'json'];
    const { out } = await run('create', ...scopes, ...more);
    const { value, key } = JSON.parse(out);
    expect(isWellFormedKey(value)).to.equal(true);
    expect(key).to.deep.include({
      namespace: 'shop',
      gateway: 'eu',
      project: 'p',
      user: 'ann',
      use_case: 'u',
      models: ['a', 'b', 'c'],
      expires_at: '2026-11-25T00:00:00.000Z',
    });
    expect((await run('create', '--namespace', 'Shop')).err).to.contain('namespace must be');
  });

  it('list: what is in force, or everything; no value and no hash', async () => {
    expect((await run('list')).err).to.contain('There are no keys');
    const value = (await run('create', '--models', 'a', 'b', '--note', 'evil\u0007')).out;
    expect(value).to.equal('');
    await run('create', '--namespace', 'shop', '--user', 'ann');
    await run('create', '--models', 'a', 'b', '--expires-in', '30m');
    const { out } = await run('list');
    expect(out).to.match(
      /^ID +STATE +NAMESPACE +GATEWAY +TEAM .*\n\w{10} +active +default .* a,b +2026-11-24T12:30Z/,
    );
    expect(out.split('\n')).to.have.length(4);
    const [shop, ours] = (await stored()).toReversed();
    expect(out).to.not.contain(shop!.sha256);
    expect(JSON.parse((await run('list', '--namespace', 'shop', '--format', 'json')).out)).to.have.length(1);
    await run('revoke', ours!.id);
    expect((await run('list')).out).to.not.contain(ours!.id);
    expect((await run('list', '--all')).out).to.match(new RegExp(`${ours!.id} +revoked`));
  });

  it('revoke: several at once, by id or value; says which it does not know, and revokes the others', async () => {
    const values = [(await run('create')).out.trimEnd(), (await run('create')).out.trimEnd()];
    const [one, two] = values.map((value) => value.split('_')[2]!);
    const { out, err, exitCode } = await run('revoke', one!, '0000000000', values[1]!);
    expect(exitCode).to.equal(1);
    expect(out).to.equal(`revoked ${one} of namespace default\nrevoked ${two} of namespace default\n`);
    expect(err).to.contain('not_found').and.to.contain('0000000000').and.not.to.contain(values[1]);
    expect((await stored()).map(({ revokedBy }) => revokedBy)).to.deep.equal(['local', 'local']);
    const wrong = await run('revoke', 'sk-secret');
    expect(wrong.exitCode).to.equal(2);
    expect(wrong.err).to.not.contain('sk-secret');
  });

  it('list and revoke: say that a lone gateway keeps no keys, and create prints an entry for it', async () => {
    const folder = new TestFolder();
    const file = { kind: 'gateway', url: 'http://127.0.0.1:9', token_file: folder.file('token') };
    folder.write('token', 'secret');
    folder.write('endpoint.json', JSON.stringify(file));
    const lone = (...args: string[]) => runKt(['keys', ...args, '--state-dir', folder.path]);
    try {
      for (const args of [['list'], ['revoke', '0123456789']]) {
        const { err, exitCode } = await lone(...args);
        expect(exitCode).to.equal(1);
        expect(err).to.contain('identity.keys').and.to.contain('http://127.0.0.1:9');
      }
      expect((await lone('create')).out).to.contain('identity:');
      expect((await lone('create', '--namespace', 'shop')).exitCode).to.equal(2);
    } finally {
      folder.remove();
    }
  });

  it('doctor tells of a gateway that has no keys yet, or old ones', async () => {
    const report = (ready: boolean, keys: InstanceReport['keys']): void =>
      running.reports.put({
        ...instanceReport({ namespace: 'shop', gateway: 'eu', revision: null, reportedAt: NOW }, 0),
        ready,
        ...(ready ? {} : { unready: 'it has not read the keys of its callers from the control plane yet' }),
        keys: keys ?? null,
      });
    report(true, { count: 1, ageSeconds: 12, unreadable: 0 });
    expect((await runKt(['doctor'], { env, now: NOW })).out).to.match(/gateway +ok +1 ready\n/);
    report(true, { count: 1, ageSeconds: 61, unreadable: 0 });
    const old = await runKt(['doctor'], { env, now: NOW });
    expect(old.exitCode).to.equal(0);
    expect(old.out).to.match(
      /gateway +warning +1 ready; shop\/eu \(keeptrusts-eu-0\) has not read its keys for 61 s/,
    );
    report(false, null);
    const none = await runKt(['doctor'], { env, now: NOW });
    expect(none.exitCode).to.equal(1);
    expect(none.err).to.contain(
      'is not ready: it has not read the keys of its callers from the control plane yet. Its log says why.',
    );
  });

  it('prints an entry for a document where no control plane is known, and says when it may not', async () => {
    const folder = new TestFolder();
    try {
      const alone = await kt(['keys', 'create', '--team', 'red'], { cwd: folder.path });
      expect(alone.code).to.equal(0);
      expect(alone.out).to.contain('identity:\n  keys:\n    - id: ');
      const scoped = await kt(['keys', 'create', '--gateway', 'one'], { cwd: folder.path });
      expect(scoped.code).to.equal(1);
      expect(scoped.err).to.contain('nothing runs here');
      const named = await kt(['keys', 'create', '--state-dir', 'gone'], { cwd: folder.path });
      expect(named.code).to.equal(1);
      const both = await kt(['keys', 'create', '--entry', '--note', 'x'], { cwd: folder.path });
      expect(both.code).to.equal(2);
      expect(both.err).to.contain('--note');
    } finally {
      folder.remove();
    }
  });
});
