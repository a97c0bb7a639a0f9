import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { crds } from '../../hack/api-server/crds.ts';
import { kubeconfig } from '../../hack/api-server/kubeconfig.ts';
import { type ApiServer, startApiServer } from '../../hack/api-server/start.ts';
import { CONFIG_REVISION_ANNOTATION } from '../../operator/render/configmap.ts';
import { standardLabels } from '../../operator/render/labels.ts';
import { eventually, TestFolder } from '../fakes/folder.ts';
import { root } from '../fakes/kt-process.ts';
import { kubectl } from '../fakes/kubectl.ts';
import { OperatorProcess } from '../fakes/operator-process.ts';
import { ownBinaries } from '../fakes/own-api-server.ts';

const SYSTEM = 'keeptrusts-system';
const GROUP = 'governance.keeptrusts.com';
const RBAC = join(root, 'config/rbac');

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

function rulesIn(file: string): Rule[] {
  return parseAllDocuments(readFileSync(join(RBAC, file), 'utf8'))
    .map((document) => document.toJS() as { rules?: Rule[] })
    .flatMap(({ rules = [] }) => rules);
}

/** `verb resource` of every right. */
const rightsOf = (rules: readonly Rule[]): string[] =>
  [
    ...new Set(
      rules.flatMap(({ resources, verbs }) =>
        resources.flatMap((one) => verbs.map((verb) => `${verb} ${one}`)),
      ),
    ),
  ].sort();

const PLURALS: Readonly<Record<string, string>> = {
  GovernancePolicy: 'governancepolicies',
  ProviderTarget: 'providertargets',
  GovernanceGateway: 'governancegateways',
  Deployment: 'deployments',
  ConfigMap: 'configmaps',
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
  Event: 'events',
  Lease: 'leases',
  Pod: 'pods',
  Namespace: 'namespaces',
};

/** What is asked only where a cache is behind what the operator wrote itself, which nothing here can bring about. */
const RARE = ['governancepolicies', 'providertargets', 'governancegateways'].map((plural) => `get ${plural}`);

/** The rights that one call takes. */
function rightsFor(verb: string, kind: string, existed: boolean): string[] {
  const plural = PLURALS[kind]!;
  if (verb === 'apply') return existed ? [`patch ${plural}`] : [`patch ${plural}`, `create ${plural}`];
  if (verb === 'apply_status') return [`patch ${plural}/status`];
  return [`${verb} ${plural}`];
}

describe('rights of the operator', function () {
  this.timeout(180_000);
  const rights = new TestFolder();
  let server: ApiServer;
  let account: string;
  let operator: OperatorProcess | undefined;

  const admin = (args: readonly string[], input: string | object = ''): Promise<string> =>
    kubectl(args, { kubeconfig: server.kubeconfig, input });
  const can = (verb: string, resource: string, ...more: string[]): Promise<boolean> =>
    admin([
      ...['auth', 'can-i', verb, resource, `--as=system:serviceaccount:${SYSTEM}:keeptrusts-operator`],
      ...more,
    ]).then(
      () => true,
      () => false,
    );
  function start(...args: string[]): OperatorProcess {
    operator = new OperatorProcess({ namespaces: [], kubeconfig: account, args });
    return operator;
  }
  const apply = (namespace: string, ...items: object[]): Promise<string> =>
    admin(['apply', '-n', namespace, '-f', '-'], { apiVersion: 'v1', kind: 'List', items });
  const object = (kind: string, name: string, spec: object): object => ({
    apiVersion: `${GROUP}/v1alpha1`,
    kind,
    metadata: { name },
    spec,
  });
  const policy = object('GovernancePolicy', 'guard', {
    identity: { anonymousCallers: 'Allowed' },
    entries: [{ name: 'record', kind: 'AuditLogger', auditLogger: {} }],
  });
  const target = object('ProviderTarget', 'mock', { provider: 'mock', models: [{ name: 'm' }] });
  async function makeKey(running: OperatorProcess, namespace: string): Promise<number> {
    const { status } = await fetch(`${await running.apiUrl()}/v1/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${running.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ namespace }),
    });
    return status;
  }
  const names = (namespace: string): Promise<string> =>
    admin([
      'get',
      'deploy,cm,svc,sa',
      '-n',
      namespace,
      '-l',
      'app.kubernetes.io/managed-by=keeptrusts-operator',
      '-o',
      'name',
    ]);

  before(async function () {
    server = await startApiServer({ binaries: ownBinaries(this), manifests: crds });
    await admin(['apply', '-k', RBAC]);
    // What holds the operator to its own objects must not be in its way.
    await admin(['apply', '-k', join(root, 'config/admission')]);
    for (const namespace of ['team-a', 'team-b']) await admin(['create', 'namespace', namespace]);
    const token = (await admin(['create', 'token', 'keeptrusts-operator', '-n', SYSTEM])).trim();
    const own = JSON.parse(readFileSync(server.kubeconfig, 'utf8'));
    const authority = Buffer.from(own.clusters[0].cluster['certificate-authority-data'], 'base64').toString();
    account = rights.file('kubeconfig');
    rights.write('kubeconfig', kubeconfig({ server: server.url, authority, user: { token } }));
  });
  afterEach(async () => {
    // The next one need not wait for the end of the lease.
    await operator?.stop();
    await operator?.remove();
  });
  after(async () => {
    await server?.stop();
    rights.remove();
  });

  it('are the same for a cluster and for a namespace, and never a wildcard', () => {
    expect(rulesIn('namespaced/role.yaml')).to.deep.equal(rulesIn('cluster/role.yaml'));
    const all = [...rulesIn('cluster/role.yaml'), ...rulesIn('operator/lease.yaml')];
    expect(JSON.stringify(all)).to.not.contain('*');
    expect(all.flatMap(({ resources }) => resources)).to.not.include.members(['secrets']);
  });

  it('do not reach Secrets, pods, or the leases of others', async () => {
    for (const verb of ['get', 'list', 'watch', 'create', 'patch', 'delete']) {
      expect(await can(verb, 'secrets', '-n', 'team-a'), verb).to.equal(false);
      expect(await can(verb, 'secrets', '-n', SYSTEM), verb).to.equal(false);
    }
    expect(await can('create', 'pods', '-n', 'team-a')).to.equal(false);
    expect(await can('update', 'leases/other', '-n', SYSTEM)).to.equal(false);
    expect(await can('update', 'leases/keeptrusts-operator', '-n', SYSTEM)).to.equal(true);
    expect(await can('get', 'leases/keeptrusts-operator', '-n', 'team-a')).to.equal(false);
  });

  it('are all used by the operator, and are all that it asks for', async () => {
    const running = start(`--lease-namespace=${SYSTEM}`);
    await running.saw(/^Ready: no gateway yet \(there is no policy and no target in any namespace\)/m);
    await apply('team-a', policy, target);
    await eventually(
      async () => (await names('team-a')).trim().split('\n').length === 4,
      'the objects of the implicit gateway',
    );
    // A declared gateway takes its place, whose objects are pruned.
    await apply('team-a', object('GovernanceGateway', 'edge', {}));
    await eventually(async () => {
      const now = await names('team-a');
      return now.includes('deployment.apps/keeptrusts-edge') && !now.includes('keeptrusts-default');
    }, 'the change of gateways');
    for (const one of ['gpol/guard', 'ptgt/mock', 'ggw/edge']) {
      await admin(['wait', '-n', 'team-a', '--for=condition=Accepted', one, '--timeout=10s']);
    }
    // What others change is put back.
    await admin([
      'patch',
      'service',
      'keeptrusts-edge',
      '-n',
      'team-a',
      '--type=merge',
      '-p',
      '{"spec":{"selector":{"x":"y"}}}',
    ]);
    await eventually(async () => {
      const selector = await admin([
        'get',
        'service',
        'keeptrusts-edge',
        '-n',
        'team-a',
        '-o',
        'jsonpath={.spec.selector}',
      ]);
      return selector.includes('keeptrusts-gateway');
    }, 'the correction of drift');
    // A new document is brought into the pods that run.
    const labels = standardLabels('edge');
    const container = { name: 'gateway', image: 'keeptrusts/gateway:0.1.0' };
    await apply('team-a', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'edge-1', labels },
      spec: { automountServiceAccountToken: false, containers: [container] },
    });
    const status = JSON.stringify({ status: { phase: 'Running' } });
    await admin(['patch', 'pod', 'edge-1', '-n', 'team-a', '--subresource=status', '-p', status]);
    const second = { name: 'again', kind: 'AuditLogger', auditLogger: {} };
    await apply(
      'team-a',
      object('GovernancePolicy', 'guard', {
        identity: { anonymousCallers: 'Allowed' },
        entries: [{ name: 'record', kind: 'AuditLogger', auditLogger: {} }, second],
      }),
    );
    await eventually(async () => {
      const pod = JSON.parse(await admin(['get', 'pod', 'edge-1', '-n', 'team-a', '-o', 'json']));
      return /^\d+$/.test(pod.metadata.annotations?.[CONFIG_REVISION_ANNOTATION] ?? '');
    }, 'the annotation of the pod');
    await apply(
      'team-a',
      object('GovernancePolicy', 'guard', {
        identity: { anonymousCallers: 'Allowed' },
        entries: [{ name: 'x', kind: 'DlpFilter', dlpFilter: { action: 'Block', detectPatterns: ['('] } }],
      }),
    );
    await eventually(
      async () => (await admin(['get', 'events', '-n', 'team-a', '-o', 'name'])) !== '',
      'an event',
    );
    expect(await makeKey(running, 'team-a')).to.equal(201);
    await eventually(
      async () => {
        const text = await (await fetch(`${await running.apiUrl()}/metrics`)).text();
        return /api_requests_total\{verb="update",kind="Lease",code="200"\}/.test(text);
      },
      'the renewal of the lease',
      20_000,
    );

    const text = await (await fetch(`${await running.apiUrl()}/metrics`)).text();
    const calls = [
      ...text.matchAll(/^keeptrusts_operator_api_requests_total\{verb="(\w+)",kind="(\w+)",code="(\d+)"\}/gm),
    ];
    expect(calls.filter(([, , , code]) => /^4(03|22)$/.test(code!)).map(([line]) => line)).to.deep.equal([]);
    expect(running.err).to.not.match(/forbidden|denied/i);
    const used = new Set(calls.flatMap(([, verb, kind, code]) => rightsFor(verb!, kind!, code !== '201')));
    const granted = rightsOf([...rulesIn('cluster/role.yaml'), ...rulesIn('operator/lease.yaml')]);
    for (const right of RARE) used.add(right);
    expect([...used].sort()).to.deep.equal(granted);
  });

  it('may be given for some namespaces only', async () => {
    await admin(['delete', 'clusterrole,clusterrolebinding', 'keeptrusts-operator']);
    await admin(['apply', '-k', join(RBAC, 'namespaced'), '-n', 'team-b']);
    const common = `--lease-namespace=${SYSTEM}`;
    const running = start('--namespaces=team-b', common);
    await running.saw(/^Ready: no gateway yet \(there is no policy and no target in team-b\)/m);
    await apply('team-b', policy, target);
    await admin(['wait', '-n', 'team-b', '--for=condition=Accepted', 'gpol/guard', '--timeout=10s']);
    await eventually(async () => (await names('team-b')).trim().split('\n').length === 4, 'the objects');
    expect([await makeKey(running, 'team-b'), await makeKey(running, 'team-a')]).to.deep.equal([201, 503]);
    await running.saw(/namespaces .{1,3}team-a.{1,3} is forbidden.*kubectl apply -k config\/rbac/);
    await running.stop();
    await running.remove();

    const everywhere = start(common);
    expect(await everywhere.exited).to.equal(1);
    expect(everywhere.err).to.match(
      /^list governancepolicies: governancepolicies\.governance\.keeptrusts\.com is forbidden: .* at the cluster scope\. Grant it with 'kubectl apply -k config\/rbac', or name the namespaces that it may use with --namespaces\.\n$/,
    );
    await everywhere.remove();

    const other = start('--namespaces=team-b,team-a', common);
    expect(await other.exited).to.equal(1);
    expect(other.err).to.match(
      /is forbidden: .* in the namespace "team-a"\. Grant it with 'kubectl apply -k config\/rbac'\.\n$/,
    );
    await other.remove();

    const unleased = start('--namespaces=team-b', '--lease-namespace=team-b');
    expect(await unleased.exited).to.equal(1);
    expect(unleased.err).to.match(
      /^the lease team-b\/keeptrusts-operator may not be used: .* is forbidden: .*--lease-namespace\.\n$/,
    );
  });
});
