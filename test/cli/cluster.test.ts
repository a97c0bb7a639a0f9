import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { delimiter } from 'node:path';
import { expect } from 'chai';
import { notChecked } from '../../operator/api/access.ts';
import type { ClusterUser } from '../../operator/api/auth.ts';
import { startTestApi, type TestApi } from '../fakes/control-plane-api.ts';
import { eventually, TestFolder } from '../fakes/folder.ts';
import { type Ran, runKt } from '../fakes/io.ts';
import { json, ScriptedServer, status } from '../fakes/scripted-server.ts';

const user = (username: string): ClusterUser => ({ username, uid: '', groups: [], extra: {} });

describe('kt with a cluster', () => {
  const folder = new TestFolder();
  let running: TestApi;
  let cluster: ScriptedServer;
  let seen: string[];

  before(async () => {
    running = await startTestApi(Date.now, {
      authenticator: {
        async authenticate(token) {
          seen.push(token);
          if (token === 'not-now') throw notChecked();
          return token === 'wrong' ? null : { role: 'person', user: user(token) };
        },
      },
      authorizer: {
        allows: async ({ user }, { namespace }) => user!.username === 'admin' || namespace === 'team-a',
      },
    });
  });
  after(async () => {
    await running.close();
    folder.remove();
  });
  beforeEach(async () => {
    seen = [];
    cluster = await ScriptedServer.start((_request, response) => json(response, 404, {}));
  });
  afterEach(() => cluster.stop());

  const list = (...args: string[]): Promise<Ran> =>
    runKt(['events', 'list', '--namespace', 'team-a', `--api-url=${running.api.url}`, ...args]);

  it('shows the API the token that the kubeconfig holds, and nobody else', async () => {
    expect(await list('--kubeconfig', cluster.kubeconfig({ token: 'alice' }))).to.include({
      exitCode: 0,
      err: 'No events match.\n',
    });
    const file = cluster.file('token', 'from-a-file\n');
    expect((await list('--kubeconfig', cluster.kubeconfig({ tokenFile: file }))).exitCode).to.equal(0);
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'from-a-command' },
    };
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', `process.stdout.write(${JSON.stringify(JSON.stringify(credential))})`],
      interactiveMode: 'Never',
    };
    expect((await list('--kubeconfig', cluster.kubeconfig({ exec }))).exitCode).to.equal(0);
    expect(seen).to.deep.equal(['alice', 'from-a-file', 'from-a-command']);
    expect(cluster.requests).to.deep.equal([]);
  });

  it('takes the context that is named', async () => {
    const file = cluster.kubeconfig({ token: 'alice' });
    expect((await list('--kubeconfig', file, '--context', 'here')).exitCode).to.equal(0);
    expect(await list('--kubeconfig', file, '--context', 'there')).to.deep.include({
      exitCode: 1,
      err: `kt: the kubeconfig ${file} has no context there; it has: here\n`,
    });
    expect(seen).to.deep.equal(['alice']);
  });

  it('shows no token of a cluster where no flag names one, whatever kubeconfig there is', async () => {
    const env = { KUBECONFIG: cluster.kubeconfig({ token: 'alice' }) };
    const ran = await runKt(['events', 'list', `--api-url=${running.api.url}`], { env });
    expect(ran).to.include({ exitCode: 1 });
    expect(ran.err).to.contain('refused the token').and.to.contain('--context');
    expect(seen).to.deep.equal([]);
  });

  it('prefers a token that is given', async () => {
    const file = cluster.kubeconfig({ token: 'alice' });
    expect((await list('--kubeconfig', file, '--api-token', 'admin')).exitCode).to.equal(0);
    expect(seen).to.deep.equal(['admin']);
  });

  it('asks the environment for no token, which may be that of a local control plane', async () => {
    const args = ['events', 'list', '--namespace', 'team-a', `--api-url=${running.api.url}`];
    const env = { KEEPTRUSTS_API_TOKEN: 'local' };
    const file = cluster.kubeconfig({ token: 'alice' });
    expect((await runKt([...args, '--kubeconfig', file], { env })).exitCode).to.equal(0);
    expect((await runKt(args, { env })).exitCode).to.equal(0);
    expect(seen).to.deep.equal(['alice', 'local']);
  });

  it('does not send it unencrypted to another machine', async () => {
    const file = cluster.kubeconfig({ token: 'alice' });
    for (const url of ['http://keeptrusts.example', 'http://10.0.0.1:8080']) {
      const ran = await runKt(['events', 'list', `--api-url=${url}`, '--kubeconfig', file]);
      expect(ran).to.include({ exitCode: 2 });
      expect(ran.err).to.contain(`would go to ${url} unencrypted`).and.to.contain('port-forward');
    }
  });

  it('does not let a redirect take it elsewhere', async () => {
    const thief = await ScriptedServer.start((_request, response) => json(response, 200, { events: [] }));
    try {
      cluster.answer((_request, response) => void response.writeHead(307, { location: thief.url }).end());
      const file = cluster.kubeconfig({ token: 'alice' });
      const ran = await runKt(['events', 'list', `--api-url=${cluster.url}`, '--kubeconfig', file]);
      expect(ran).to.include({ exitCode: 1 });
      expect(ran.err).to.contain('answered with status 307');
      expect(thief.requests).to.deep.equal([]);
    } finally {
      await thief.stop();
    }
  });

  it('asks for a token of the ServiceAccount that is named, for our API alone and ten minutes', async () => {
    const expirationTimestamp = new Date(Date.now() + 600_000).toISOString();
    cluster.answer((_request, response) =>
      json(response, 201, { status: { token: 'auditor', expirationTimestamp } }),
    );
    const file = cluster.kubeconfig({});
    expect((await list('--kubeconfig', file, '--as-service-account', 'team-a/audit')).exitCode).to.equal(0);
    const { method, path, body } = cluster.requests[0]!;
    expect([method, path]).to.deep.equal(['POST', '/api/v1/namespaces/team-a/serviceaccounts/audit/token']);
    expect(JSON.parse(body).spec).to.deep.equal({ audiences: ['keeptrusts'], expirationSeconds: 600 });
    expect(seen).to.deep.equal(['auditor']);
    expect(cluster.requests).to.have.length(1);
  });

  it('asks for another one before the first ends', async () => {
    const times = [60_000, 600_000];
    cluster.answer((_request, response) => {
      const expirationTimestamp = new Date(Date.now() + times.shift()!).toISOString();
      json(response, 201, { status: { token: `token-${times.length}`, expirationTimestamp } });
    });
    const stop = new AbortController();
    const tail = runKt(
      [
        ...['events', 'tail', '--namespace', 'team-a', `--api-url=${running.api.url}`],
        ...['--kubeconfig', cluster.kubeconfig({}), '--as-service-account', 'team-a/audit'],
      ],
      { stop: stop.signal },
    );
    await eventually(() => seen.length >= 4, 'the fourth look');
    stop.abort();
    expect((await tail).exitCode).to.equal(0);
    expect(seen.slice(0, 4)).to.deep.equal(['token-1', 'token-0', 'token-0', 'token-0']);
  });

  const failures: [string, () => string[], RegExp][] = [
    [
      'a certificate',
      () => ['--kubeconfig', cluster.kubeconfig({})],
      /holds no token but a certificate.*--as-service-account NAMESPACE\/NAME/,
    ],
    [
      'an account that is no account',
      () => ['--as-service-account', 'audit'],
      /--as-service-account: 'audit' is not of the form NAMESPACE\/NAME/,
    ],
    ['no kubeconfig', () => ['--kubeconfig', '/none'], /the kubeconfig \/none cannot be read: no such file/],
    [
      'a token that is refused',
      () => ['--kubeconfig', cluster.kubeconfig({ token: 'wrong' })],
      /refused your token/,
    ],
    [
      'a token that nobody can check',
      () => ['--kubeconfig', cluster.kubeconfig({ token: 'not-now' })],
      /access_not_checked: .*This is no refusal: try again/,
    ],
  ];
  for (const [what, args, message] of failures)
    it(`says what to do about ${what}`, async () => {
      const ran = await list(...args());
      expect(ran.exitCode).to.be.greaterThan(0);
      expect(ran.err).to.match(message);
    });

  it('says which right is missing for a token of an account', async () => {
    cluster.answer((_request, response) =>
      json(response, 403, status(403, 'Forbidden', 'serviceaccounts "audit" is forbidden')),
    );
    const ran = await list('--kubeconfig', cluster.kubeconfig({}), '--as-service-account', 'team-a/audit');
    expect(ran.err).to.equal(
      'kt: create a token of ServiceAccount team-a/audit: serviceaccounts "audit" is forbidden. Asking takes the right to create serviceaccounts/token there.\n',
    );
  });

  it('makes a key for the namespace of the context where none is named, and says which', async () => {
    const flags = [`--api-url=${running.api.url}`, '--kubeconfig', cluster.kubeconfig({ token: 'admin' })];
    const { err, exitCode } = await runKt(['keys', 'create', ...flags]);
    expect(exitCode).to.equal(0);
    expect(err).to.contain('Every gateway of namespace team-a takes it');
    const named = await runKt(['keys', 'create', '--namespace', 'team-b', '--format', 'json', ...flags]);
    expect(JSON.parse(named.out).key.namespace).to.equal('team-b');
    // Without a cluster a kubeconfig has no say.
    const env = { KUBECONFIG: cluster.kubeconfig({}), KEEPTRUSTS_API_TOKEN: 'admin' };
    const local = await runKt(['keys', 'create', `--api-url=${running.api.url}`], { env });
    expect(local.err).to.contain('Every gateway of namespace default takes it');
  });

  it('passes on that a namespace has to be named', async () => {
    const file = cluster.kubeconfig({ token: 'alice' });
    const ran = await runKt(['events', 'list', `--api-url=${running.api.url}`, '--kubeconfig', file]);
    expect(ran.err)
      .to.contain('alice may not list events of all namespaces')
      .and.to.contain('--namespace NAME');
    const verify = ['events', 'verify', `--api-url=${running.api.url}`, '--kubeconfig', file];
    const refused = await runKt(verify);
    expect(refused.err).to.contain('--namespace NAME');
    // 1 would say that somebody changed the records.
    expect(refused.exitCode).to.equal(4);
    expect((await runKt([...verify, '--namespace', 'team-a'])).out).to.contain('0 records');
  });

  describe('without an address', () => {
    /** A kubectl that does what `script` says, first in the path. */
    function kubectl(script: string): Record<string, string> {
      folder.write('bin/kubectl', `#!/bin/sh\necho "$@" > ${folder.file('args')}\n${script}\n`);
      chmodSync(folder.file('bin/kubectl'), 0o755);
      return { PATH: `${folder.file('bin')}${delimiter}${process.env['PATH']}` };
    }
    const run = (env: Record<string, string>, ...args: string[]): Promise<Ran> =>
      runKt(['events', 'list', '--namespace', 'team-a', '--context', 'here', ...args], { env });

    it('lets kubectl forward a port, and ends it', async () => {
      const { port } = new URL(running.api.url);
      const env = kubectl(
        `echo $$ > ${folder.file('pid')}; echo "Forwarding from 127.0.0.1:${port} -> 8080"; exec sleep 60`,
      );
      const file = cluster.kubeconfig({ token: 'alice' });
      expect(await run(env, '--kubeconfig', file)).to.include({ exitCode: 0, err: 'No events match.\n' });
      expect(seen).to.deep.equal(['alice']);
      expect(readFileSync(folder.file('args'), 'utf8')).to.equal(
        `--kubeconfig=${file} --context=here port-forward --namespace=keeptrusts-system --address=127.0.0.1 service/keeptrusts-operator :8080\n`,
      );
      const pid = readFileSync(folder.file('pid'), 'utf8').trim();
      await eventually(() => !existsSync(`/proc/${pid}`), 'the end of kubectl');
    });

    /** Two kubectls, one after the other, of which the first ends when a file is there, as it does with its pod. */
    const endingKubectl = (first: string, second: string): Record<string, string> =>
      kubectl(`echo $$ >> ${folder.file('pids')}
        if [ -e ${folder.file('first')} ]; then echo "Forwarding from ${second} -> 8080"; exec sleep 60; fi
        touch ${folder.file('first')}; echo "Forwarding from ${first} -> 8080"
        while [ ! -e ${folder.file('pod-gone')} ]; do sleep 0.05; done
        echo "error: lost connection to pod" >&2; exit 1`);
    const pids = (): string[] => readFileSync(folder.file('pids'), 'utf8').trim().split('\n');

    for (const when of ['ends', 'goes on and leads nowhere'])
      it(`forwards anew when the first one ${when}, and goes on where it was`, async () => {
        for (const name of ['first', 'pids', 'pod-gone']) rmSync(folder.file(name), { force: true });
        const before = await ScriptedServer.start((_request, response) =>
          json(response, 200, { events: [], next_cursor: 'where-it-was' }),
        );
        const after = await ScriptedServer.start((_request, response) =>
          json(response, 200, { events: [], next_cursor: 'further' }),
        );
        const host = (server: ScriptedServer): string => new URL(server.url).host;
        const stop = new AbortController();
        const tail = runKt(
          ['events', 'tail', '--context', 'here', '--kubeconfig', cluster.kubeconfig({ token: 'alice' })],
          { env: endingKubectl(host(before), host(after)), stop: stop.signal },
        );
        try {
          await eventually(() => before.requests.length >= 2, 'looks by the first port');
          if (when === 'ends') {
            folder.write('pod-gone', '');
            await eventually(() => !existsSync(`/proc/${pids()[0]}`), 'the end of the first kubectl');
          }
          await before.stop();
          await eventually(() => after.requests.length >= 2, 'looks by the second port', 15_000);
          expect(after.requests[0]!.query.get('cursor')).to.equal('where-it-was');
          expect(after.requests[0]!.headers.authorization).to.equal('Bearer alice');
          await eventually(() => !existsSync(`/proc/${pids()[0]}`), 'the end of the first kubectl');
          expect(existsSync(`/proc/${pids()[1]}`)).to.equal(true);
        } finally {
          stop.abort();
          await after.stop();
        }
        expect((await tail).exitCode).to.equal(0);
        await eventually(() => !existsSync(`/proc/${pids()[1]}`), 'the end of the second kubectl');
      }).timeout(30_000);

    it('ends kubectl when it is killed itself', async () => {
      const { host } = new URL(running.api.url);
      const env = kubectl(
        `echo $$ > ${folder.file('pid')}; echo "Forwarding from ${host} -> 8080"; exec sleep 60`,
      );
      const main = new URL('../../cli/main.ts', import.meta.url).pathname;
      const kubeconfig = cluster.kubeconfig({ token: 'alice' });
      const args = [
        'events',
        'tail',
        '--namespace',
        'team-a',
        '--context',
        'here',
        '--kubeconfig',
        kubeconfig,
      ];
      const kt = spawn(process.execPath, [main, ...args], {
        env: { ...process.env, ...env },
        stdio: 'ignore',
      });
      await eventually(() => seen.length > 0, 'the first look', 15_000);
      const pid = readFileSync(folder.file('pid'), 'utf8').trim();
      expect(existsSync(`/proc/${pid}`)).to.equal(true);
      kt.kill('SIGKILL');
      await eventually(() => !existsSync(`/proc/${pid}`), 'the end of kubectl');
    }).timeout(30_000);

    it('says what kubectl says where it cannot', async () => {
      const env = kubectl('echo "error: services \\"keeptrusts-operator\\" not found" >&2; exit 1');
      expect(await run(env, '--kubeconfig', cluster.kubeconfig({ token: 'alice' }))).to.deep.include({
        exitCode: 1,
        err: 'kt: no port can be forwarded to the API in the cluster: error: services "keeptrusts-operator" not found. Name an address of the API with --api-url, such as that of an ingress, in the place of a forwarded port.\n',
      });
    });

    it('takes none from the environment, where a local control plane may have left it', async () => {
      const env = kubectl(
        `echo "Forwarding from 127.0.0.1:${new URL(running.api.url).port} -> 8080"; exec sleep 60`,
      );
      const elsewhere = { ...env, KEEPTRUSTS_API_URL: cluster.url, KEEPTRUSTS_API_TOKEN: 'local' };
      const file = cluster.kubeconfig({ token: 'alice' });
      expect((await run(elsewhere, '--kubeconfig', file)).exitCode).to.equal(0);
      expect(seen).to.deep.equal(['alice']);
      expect(cluster.requests).to.deep.equal([]);
    });

    it('names the kubeconfig where that one is at fault, and starts no kubectl', async () => {
      const env = kubectl('exit 1');
      rmSync(folder.file('args'), { force: true });
      expect((await run(env, '--kubeconfig', '/none')).err).to.equal(
        'kt: the kubeconfig /none cannot be read: no such file\n',
      );
      const file = cluster.kubeconfig({ token: 'alice' });
      expect((await run(env, '--kubeconfig', file, '--context', 'there')).err).to.equal(
        `kt: the kubeconfig ${file} has no context there; it has: here\n`,
      );
      expect(existsSync(folder.file('args'))).to.equal(false);
    });

    it('says so where there is no kubectl', async () => {
      const ran = await run(
        { PATH: folder.file('nothing') },
        '--kubeconfig',
        cluster.kubeconfig({ token: 'alice' }),
      );
      expect(ran.err).to.contain('there is no kubectl on the PATH').and.to.contain('--api-url');
    });
  });
});
