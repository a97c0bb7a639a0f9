import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { TOKEN_AUDIENCE } from '../../../operator/render/names.ts';
import { ApiCaller } from '../../fakes/api-caller.ts';
import { accountToken, GATEWAY, idlePod } from '../../fakes/cluster-tokens.ts';
import { exampleEvents } from '../../fakes/events.ts';
import { eventually, TestFolder } from '../../fakes/folder.ts';
import { type Ran, runKt } from '../../fakes/io.ts';
import { root } from '../../fakes/kt-process.ts';
import { kubectl, testCluster } from '../../fakes/kubectl.ts';
import { type TestNamespace, useNamespace } from '../../fakes/namespaces.ts';
import { OperatorProcess } from '../../fakes/operator-process.ts';

const CHILD = 'keeptrusts-default';
const [POD, OTHER_POD] = [`${CHILD}-5d9c-aaaaa`, `${CHILD}-5d9c-bbbbb`];

describe('callers of the API in a cluster', function () {
  this.timeout(60_000);
  const [a, b] = [useNamespace('access-a'), useNamespace('access-b')];
  const streams = new Map([
    [a, '01K9ZQ3V5T000000000000000A'],
    [b, '01K9ZQ3V5T000000000000000B'],
  ]);
  const folder = new TestFolder();
  let operator: OperatorProcess;
  let api: ApiCaller;

  const bind = (namespace: TestNamespace, name: string, role: string, account: string): Promise<string> =>
    namespace.kubectl([
      'create',
      'rolebinding',
      name,
      `--clusterrole=${role}`,
      `--serviceaccount=${account}`,
    ]);
  const everywhere = (name: string): string => `kt-test-${name}-${a.name}`;
  const gatewayToken = (namespace: TestNamespace, pod = POD): Promise<string> =>
    accountToken(namespace.name, CHILD, { audience: TOKEN_AUDIENCE, pod });
  const person = (namespace: TestNamespace, account = 'person'): Promise<string> =>
    accountToken(namespace.name, account, { audience: TOKEN_AUDIENCE });
  const eventsOf = (namespace: TestNamespace, over: object = {}): string[] =>
    exampleEvents({
      stream: streams.get(namespace)!,
      count: 3,
      ts: Date.now(),
      namespace: namespace.name,
      instance: POD,
      ...over,
    });
  const count = async (namespace: TestNamespace): Promise<unknown> =>
    (await operator.api(`/v1/events?count=true&namespace=${namespace.name}`))['count'];

  before(async () => {
    await kubectl(['apply', '-k', join(root, 'config/rbac/people')]);
    for (const namespace of [a, b]) {
      await namespace.kubectl(['create', 'serviceaccount', 'person']);
      await bind(namespace, 'viewers', 'keeptrusts-viewer', `${namespace.name}:person`);
      await namespace.kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: GATEWAY });
    }
    await a.kubectl(['create', 'serviceaccount', 'auditor']);
    await kubectl([
      ...['create', 'clusterrolebinding', everywhere('auditor')],
      ...['--clusterrole=keeptrusts-auditor', `--serviceaccount=${a.name}:auditor`],
    ]);
    operator = new OperatorProcess({ namespaces: [a.name, b.name] });
    api = new ApiCaller(await operator.apiUrl());
    for (const namespace of [a, b]) {
      await eventually(
        async () => (await namespace.kubectl(['get', 'sa', '-o', 'name'])).includes(CHILD),
        'the account of the gateway',
      );
      for (const pod of [POD, OTHER_POD]) await namespace.kubectl(['create', '-f', '-'], idlePod(pod, CHILD));
    }
  });
  after(async () => {
    folder.remove();
    await operator?.remove();
    await kubectl(['delete', 'clusterrolebinding', everywhere('auditor'), '--ignore-not-found']);
  });

  it('that are the pods of a gateway write what is its own', async () => {
    for (const namespace of [a, b]) {
      const token = await gatewayToken(namespace);
      const answer = await api.ship(token, streams.get(namespace)!, eventsOf(namespace));
      expect(answer).to.deep.include({ status: 200, body: { acked: 2 } });
      expect((await api.report(token, namespace.name, 'default', POD)).status).to.equal(204);
      expect(await count(namespace)).to.equal(3);
    }
  });

  it('that are gateways write nothing of another gateway, nor of another pod', async () => {
    const token = await gatewayToken(a);
    const stream = '01K9ZQ3V5T000000000000000C';
    const forged: [string, string, string[]][] = [
      ['of another namespace', stream, eventsOf(a, { stream, namespace: b.name })],
      ['of another gateway', stream, eventsOf(a, { stream, gateway: 'other' })],
      ['of another pod', stream, eventsOf(a, { stream, instance: OTHER_POD })],
      ['into the stream of another', streams.get(b)!, eventsOf(a, { stream: streams.get(b) })],
    ];
    for (const [what, to, records] of forged)
      expect(await api.ship(token, to, records), what).to.include({ status: 403, code: 'foreign_record' });
    for (const [namespace, gateway, pod] of [
      [b.name, 'default', POD],
      [a.name, 'other', POD],
      [a.name, 'default', OTHER_POD],
    ] as const)
      expect(await api.report(token, namespace, gateway, pod)).to.include({ status: 403, code: 'forbidden' });
    expect([await count(a), await count(b)]).to.deep.equal([3, 3]);
    expect(JSON.stringify(await operator.api('/v1/streams'))).to.not.contain(stream);
    const { instances } = await operator.api('/v1/instances');
    expect((instances as { instance: string }[]).map(({ instance }) => instance)).to.not.include(OTHER_POD);
  });

  it('that are gateways read nothing back', async () => {
    const token = await gatewayToken(a);
    for (const path of ['events', 'events?count=true', 'streams', 'configurations', 'instances', 'problems'])
      expect(
        await api.get(`/v1/${path}${path.includes('?') ? '&' : '?'}namespace=${a.name}`, token),
        path,
      ).to.include({
        status: 403,
        code: 'forbidden',
      });
  });

  it('with a gateway’s account but no pod, or a token for the API server, are no gateway', async () => {
    const records = eventsOf(a, { stream: '01K9ZQ3V5T000000000000000D' });
    for (const options of [{ audience: TOKEN_AUDIENCE }, { pod: POD }, {}]) {
      const token = await accountToken(a.name, CHILD, options);
      expect(await api.ship(token, '01K9ZQ3V5T000000000000000D', records)).to.include({
        status: 403,
        code: 'forbidden',
      });
    }
    expect(await count(a)).to.equal(3);
  });

  it('with an account that only has such a name are no gateway', async () => {
    await a.kubectl(['create', 'serviceaccount', 'keeptrusts-fake']);
    await a.kubectl(['create', '-f', '-'], idlePod('fake', 'keeptrusts-fake'));
    const token = await accountToken(a.name, 'keeptrusts-fake', { audience: TOKEN_AUDIENCE, pod: 'fake' });
    expect(await api.report(token, a.name, 'fake', 'fake')).to.include({ status: 403, code: 'forbidden' });
  });

  it('of two teams do not see each other', async () => {
    const [alice, bob] = [await person(a), await person(b)];
    for (const [token, own, other] of [
      [alice, a, b],
      [bob, b, a],
    ] as const) {
      const list = await api.get(`/v1/events?namespace=${own.name}`, token);
      const namespaces = (list.body['events'] as { namespace: string }[]).map(({ namespace }) => namespace);
      expect(namespaces).to.deep.equal([own.name, own.name, own.name]);
      for (const path of ['events', 'streams', 'configurations', 'instances', 'problems']) {
        expect(await api.get(`/v1/${path}?namespace=${own.name}`, token), path).to.include({ status: 200 });
        const refused = await api.get(`/v1/${path}?namespace=${other.name}`, token);
        expect(refused, path).to.include({ status: 403, code: 'forbidden' });
        expect(refused.message, path).to.contain(`of namespace ${other.name}`);
        const all = await api.get(`/v1/${path}`, token);
        expect(all, path).to.include({ status: 403, code: 'forbidden' });
        expect(all.message, path).to.contain('--namespace');
      }
      const seen = await api.get(`/v1/configurations?namespace=${own.name}`, token);
      expect(JSON.stringify(seen.body)).to.not.contain(other.name);
      const lines = await api.get(`/v1/streams/${streams.get(other)}/lines?namespace=${own.name}`, token);
      expect(lines.body).to.deep.equal({ lines: [], next: null });
    }
  });

  it('learn nothing of a single event or revision of another team, not even that there is one', async () => {
    const alice = await person(a);
    const idOf = (record: string): string => JSON.parse(record).id;
    const list = async (namespace: TestNamespace): Promise<string> => {
      const { events } = await operator.api(`/v1/events?namespace=${namespace.name}`);
      return idOf(JSON.stringify((events as object[])[0]));
    };
    expect((await api.get(`/v1/events/${await list(a)}`, alice)).status).to.equal(200);
    const theirs = await list(b);
    const none = `${theirs.slice(0, -1)}Z`;
    const [hidden, absent] = [
      await api.get(`/v1/events/${theirs}`, alice),
      await api.get(`/v1/events/${none}`, alice),
    ];
    expect([hidden.status, hidden.message?.replace(theirs, 'ID')]).to.deep.equal([
      404,
      absent.message?.replace(none, 'ID'),
    ]);
    const { configurations } = await operator.api(`/v1/configurations?namespace=${b.name}`);
    const [{ hash }] = configurations as [{ hash: string }];
    expect(await api.get(`/v1/configurations/${hash}`, alice)).to.include({ status: 404, code: 'not_found' });
    expect((await api.get(`/v1/configurations/${hash}`, await person(b))).status).to.equal(200);
  });

  it('with rights in the whole cluster see all', async () => {
    const auditor = await person(a, 'auditor');
    const list = await api.get('/v1/events', auditor);
    expect(list.body['events']).to.have.length(6);
    for (const path of ['streams', 'configurations', 'instances', 'problems'])
      expect((await api.get(`/v1/${path}`, auditor)).status, path).to.equal(200);
  });

  it('are taken with the token that their kubeconfig holds for the API server', async () => {
    const token = await accountToken(a.name, 'person');
    expect((await api.get(`/v1/events?namespace=${a.name}`, token)).status).to.equal(200);
  });

  it('are nobody with a token for somebody else, of somebody gone, or with no token at all', async () => {
    const other = await accountToken(a.name, 'person', { audience: 'vault' });
    expect(await api.get(`/v1/events?namespace=${a.name}`, other)).to.include({
      status: 401,
      code: 'unauthenticated',
    });
    const gone = await gatewayToken(b, OTHER_POD);
    await b.kubectl(['delete', 'pod', OTHER_POD, '--grace-period=0', '--force']);
    const [header, claims, signature] = other.split('.');
    const forged = `${header}.${Buffer.from(claims!, 'base64url').toString('base64url')}.${signature!.slice(0, -4)}AAAA`;
    for (const token of [gone, forged, 'garbage', 'kt_local_garbage', 'a.b.c', 'x'.repeat(9000)])
      expect(await api.get('/v1/events', token)).to.include({ status: 401, code: 'unauthenticated' });
  });

  it('are people with kt and the token of their kubeconfig, or one of an account that is named', async () => {
    const own = parse(readFileSync(testCluster().kubeconfig, 'utf8'));
    const alice = await accountToken(a.name, 'person');
    own.users = own.users.map(({ name }: { name: string }) => ({ name, user: { token: alice } }));
    folder.write('alice', JSON.stringify(own));
    const address = `--api-url=${await operator.apiUrl()}`;
    const kt = (...args: string[]): Promise<Ran> =>
      runKt(['events', 'list', '--count', address, ...args], { env: {} });
    const kubeconfig = `--kubeconfig=${folder.file('alice')}`;
    expect(await kt(kubeconfig, '--namespace', a.name)).to.include({ out: '3\n', err: '' });
    expect((await kt(kubeconfig, '--namespace', b.name)).err).to.contain('forbidden: system:serviceaccount:');
    expect((await kt(kubeconfig)).err).to.contain('--namespace NAME');

    const admin = `--kubeconfig=${testCluster().kubeconfig}`;
    const auditor = [admin, `--as-service-account=${a.name}/auditor`];
    expect(await kt(...auditor)).to.include({ out: '6\n', err: '' });
    expect((await kt(admin, `--as-service-account=${a.name}/none`)).err).to.contain('"none" not found');
    expect((await kt(kubeconfig, `--as-service-account=${a.name}/auditor`)).err).to.match(
      /is forbidden: .*Asking takes the right to create serviceaccounts\/token there/,
    );
    const verified = await runKt([
      'events',
      'verify',
      '--allow-unanchored',
      address,
      kubeconfig,
      '--namespace',
      a.name,
    ]);
    expect(verified).to.include({ exitCode: 0 });
    expect(verified.out).to.contain('3 records').and.to.not.contain(streams.get(b)!);
    const { out } = await runKt(['doctor', '--format=json', address, ...auditor]);
    const layers = (JSON.parse(out).checks as { layer: string; status: string }[]).map(
      ({ layer, status }) => `${layer} ${status}`,
    );
    expect(layers.slice(0, 3)).to.deep.equal(['kubeconfig ok', 'cluster ok', 'crds ok']);
  });

  it('may do within seconds what they are given a right to', async () => {
    const alice = await person(a);
    const path = `/v1/events?count=true&namespace=${b.name}`;
    expect((await api.get(path, alice)).status).to.equal(403);
    await bind(b, 'guests', 'keeptrusts-viewer', `${a.name}:person`);
    await eventually(async () => (await api.get(path, alice)).status === 200, 'the right', 10_000);
  });

  it('leave no token in what the operator logs', async () => {
    expect(operator.output).to.not.match(/eyJ|Bearer/);
  });
});
