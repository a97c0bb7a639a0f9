import { sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { files } from '../../../hack/api-server/arguments.ts';
import { crds } from '../../../hack/api-server/crds.ts';
import { type ApiServer, startApiServer } from '../../../hack/api-server/start.ts';
import { TOKEN_AUDIENCE } from '../../../operator/render/names.ts';
import { ApiCaller } from '../../fakes/api-caller.ts';
import { accountToken, GATEWAY, idlePod } from '../../fakes/cluster-tokens.ts';
import { exampleEvents } from '../../fakes/events.ts';
import { eventually } from '../../fakes/folder.ts';
import { root } from '../../fakes/kt-process.ts';
import { kubectl } from '../../fakes/kubectl.ts';
import { OperatorProcess } from '../../fakes/operator-process.ts';
import { ownBinaries } from '../../fakes/own-api-server.ts';

const CHILD = 'keeptrusts-default';
const POD = `${CHILD}-5d9c-aaaaa`;
const STREAM = '01K9ZQ3V5T0000000000000000';

describe('callers of the API whose cluster cannot be asked', function () {
  this.timeout(90_000);
  let server: ApiServer;
  let operator: OperatorProcess;
  let api: ApiCaller;
  let person: string;
  let newcomer: string;
  let gateway: string;

  const admin = (args: readonly string[], input: string | object = ''): Promise<string> =>
    kubectl(args, { kubeconfig: server.kubeconfig, input });
  const token = (account: string, pod?: string): Promise<string> =>
    accountToken('default', account, { audience: TOKEN_AUDIENCE, ...(pod && { pod }) }, server.kubeconfig);
  const list = '/v1/events?namespace=default';

  before(async function () {
    server = await startApiServer({ binaries: ownBinaries(this), manifests: crds });
    await admin(['apply', '-k', join(root, 'config/rbac/people')]);
    for (const account of ['person', 'newcomer']) {
      await admin(['create', 'serviceaccount', account]);
      const binding = [account, '--clusterrole=keeptrusts-viewer', `--serviceaccount=default:${account}`];
      await admin(['create', 'rolebinding', ...binding]);
    }
    await admin(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: GATEWAY });
    operator = new OperatorProcess({ namespaces: ['default'], kubeconfig: server.kubeconfig });
    api = new ApiCaller(await operator.apiUrl());
    await eventually(async () => (await admin(['get', 'sa', '-o', 'name'])).includes(CHILD), 'the account');
    await admin(['create', '-f', '-'], idlePod(POD, CHILD));
    [person, newcomer, gateway] = [await token('person'), await token('newcomer'), await token(CHILD, POD)];
  });
  after(async () => {
    await operator?.remove();
    await server?.stop();
  });

  /** A token that the API server's own key has signed. */
  async function signed(endsAt: number): Promise<string> {
    const uid = await admin(['get', 'sa', 'person', '-o', 'jsonpath={.metadata.uid}']);
    const key = readFileSync(join(dirname(server.kubeconfig), files.signingKey));
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = {
      iss: 'https://kubernetes.default.svc',
      aud: [TOKEN_AUDIENCE],
      sub: 'system:serviceaccount:default:person',
      exp: Math.floor(endsAt / 1000),
      iat: Math.floor(endsAt / 1000) - 600,
      nbf: Math.floor(endsAt / 1000) - 600,
      'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'person', uid } },
    };
    const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
  }

  it('are nobody with a token that has ended', async () => {
    expect((await api.get(list, await signed(Date.now() + 60_000))).status).to.equal(200);
    // The API server itself allows clocks to differ by a minute.
    expect(await api.get(list, await signed(Date.now() - 90_000))).to.include({
      status: 401,
      code: 'unauthenticated',
    });
  });

  it('go on where they were known, and are otherwise told that nobody could check, not that they may not', async () => {
    const event = (count: number): string[] =>
      exampleEvents({ stream: STREAM, count, ts: 1_764_000_000_000, instance: POD });
    expect((await api.get(list, person)).status).to.equal(200);
    expect((await api.ship(gateway, STREAM, event(1))).status).to.equal(200);

    await server.kill();
    expect((await api.get(list, person)).status).to.equal(200);
    expect((await api.ship(gateway, STREAM, event(2))).status).to.equal(200);
    expect((await api.report(gateway, 'default', 'default', POD)).status).to.equal(204);
    for (const [who, path] of [
      ['one who was never seen', newcomer],
      ['garbage', 'garbage'],
    ] as const) {
      const answer = await api.get(list, path);
      expect(answer, who).to.include({ status: 503, code: 'access_not_checked' });
      expect(answer.headers.get('retry-after')).to.equal('1');
    }
    // What was not asked before, by one who is known.
    expect(await api.get('/v1/configurations?namespace=default', person)).to.include({
      status: 503,
      code: 'access_not_checked',
    });
    expect(operator.output).to.contain('callers cannot be checked');
    expect(operator.output).to.not.match(/eyJ/);

    await server.restart();
    await eventually(async () => (await api.get(list, newcomer)).status === 200, 'the newcomer', 20_000);
    expect((await api.get(list, 'garbage')).status).to.equal(401);
    expect((await api.ship(gateway, STREAM, event(3))).status).to.equal(200);
    const { events } = (await api.get(list, person)).body as { events: { seq: number }[] };
    expect(events.map(({ seq }) => seq)).to.deep.equal([2, 1, 0]);
  });

  it('are answered within ten seconds by an API server that hangs', async () => {
    server.signal('SIGSTOP');
    try {
      const started = Date.now();
      const answers = await Promise.all([1, 2, 3].map((n) => api.get(list, `other-garbage-${n}`)));
      expect(answers.map(({ code }) => code)).to.deep.equal(Array(3).fill('access_not_checked'));
      expect(Date.now() - started).to.be.below(12_000);
      const [again] = [Date.now(), await api.get(list, 'third-garbage')];
      expect(Date.now() - again).to.be.below(1000);
    } finally {
      server.signal('SIGCONT');
    }
  });

  it('are not taken for nobody where the operator may not ask', async () => {
    await operator.stop();
    const state = operator.state;
    await admin(['create', 'serviceaccount', 'weak']);
    await admin(['apply', '-f', '-'], {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'weak' },
      rules: [
        {
          apiGroups: ['', 'apps', 'coordination.k8s.io', 'governance.keeptrusts.com'],
          resources: ['*'],
          verbs: ['*'],
        },
      ],
    });
    await admin([
      'create',
      'clusterrolebinding',
      'weak',
      '--clusterrole=weak',
      '--serviceaccount=default:weak',
    ]);
    const kubeconfig = state.file('weak');
    const own = JSON.parse(readFileSync(server.kubeconfig, 'utf8'));
    const account = (await admin(['create', 'token', 'weak'])).trim();
    own.users = own.users.map(({ name }: { name: string }) => ({ name, user: { token: account } }));
    state.write('weak', JSON.stringify(own));
    // As a pod listens; then its own token is nothing to it.
    const args = ['--host=0.0.0.0'];
    operator = new OperatorProcess({ namespaces: ['default'], kubeconfig, state, args });
    const weak = new ApiCaller((await operator.apiUrl()).replace('0.0.0.0', '127.0.0.1'));
    expect(await weak.get(list, operator.token)).to.include({ status: 401, code: 'unauthenticated' });
    expect(await weak.get(list, person)).to.include({ status: 503, code: 'access_not_checked' });
    // Answers may overtake the lines of the log.
    const told = /tokenreviews\.authentication\.k8s\.io is forbidden.*kubectl apply -k config\/rbac/;
    await eventually(() => told.test(operator.output), 'the line that says what it may not do');
  });
});
