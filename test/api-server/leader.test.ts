import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import { createLocalTokens } from '../../operator/api/auth.ts';
import { exampleEvents } from '../fakes/events.ts';
import { eventually } from '../fakes/folder.ts';
import { KubeApi } from '../fakes/kube-api.ts';
import { testCluster } from '../fakes/kubectl.ts';
import { useNamespace } from '../fakes/namespaces.ts';
import { OperatorProcess } from '../fakes/operator-process.ts';
import { type PostgresServer, startPostgres } from '../fakes/postgres.ts';

const GROUP = 'governance.keeptrusts.com/v1alpha1';
const CHILD = 'keeptrusts-default';

/** Two operators of one cluster and one PostgreSQL; nothing runs the gateways, whose reports the tests make. */
describe('one of several operators acts', function () {
  this.timeout(90_000);
  const namespace = useNamespace('leader');
  const all = new Set<OperatorProcess>();
  let postgres: PostgresServer;
  let databaseUrl: string;
  let leader: OperatorProcess;
  let standby: OperatorProcess;

  /** Its documents tell gateways to report to `http://NAME.test`, by which one sees who wrote them. */
  function start(name: string, env: Record<string, string> = { DATABASE_URL: databaseUrl }): OperatorProcess {
    const args = [`--advertise-url=http://${name}.test`];
    const operator = new OperatorProcess({ namespaces: [namespace.name], args, env });
    all.add(operator);
    return operator;
  }
  const apply = (...objects: object[]): Promise<string> =>
    namespace.kubectl(['apply', '-f', '-'], { apiVersion: 'v1', kind: 'List', items: objects });
  const policy = (maxBodyBytes: number): object => ({
    apiVersion: GROUP,
    kind: 'GovernancePolicy',
    metadata: { name: 'guard' },
    spec: {
      identity: { anonymousCallers: 'Allowed' },
      limits: { maxBodyBytes },
      entries: [{ name: 'record', kind: 'AuditLogger', auditLogger: {} }],
    },
  });
  const document = (): Promise<string> =>
    namespace.kubectl([
      'get',
      'configmap',
      CHILD,
      '--ignore-not-found',
      '-o',
      'jsonpath={.data.policy-config\\.yaml}',
    ]);
  const lease = (): Promise<string> =>
    namespace.kubectl(['get', 'lease', 'keeptrusts-operator', '-o', 'jsonpath={.spec.holderIdentity}']);
  const written = async (operator: OperatorProcess): Promise<number> => {
    const text = await (await fetch(`${await operator.apiUrl()}/metrics`)).text();
    const calls = text.matchAll(
      /^keeptrusts_operator_api_requests_total\{verb="(\w+)",kind="(\w+)",code="\d+"\} (\d+)$/gm,
    );
    return [...calls].filter(([, verb]) => !['get', 'list', 'watch'].includes(verb!)).length;
  };
  const enforced = (bytes: number): Promise<void> =>
    eventually(
      async () => (await document()).includes(`max_body_bytes: ${bytes}`),
      `the limit ${bytes}`,
      20_000,
    );

  /** The instance of the gateway says to one operator that it runs the newest revision. */
  async function report(operator: OperatorProcess): Promise<void> {
    const { configurations } = (await operator.api('/v1/configurations')) as {
      configurations: { hash: string; number: number }[];
    };
    const { hash, number } = configurations[0]!;
    const token = createLocalTokens(join(operator.state.path, '.keeptrusts')).gatewayToken(
      namespace.name,
      'default',
    );
    const answer = await fetch(
      `${await operator.apiUrl()}/v1/gateways/${namespace.name}/default/instances/${CHILD}-0`,
      {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          contract: 1,
          version: 'test',
          ready: true,
          revision: { number, hash },
          targets: [{ id: 'mock', unavailable: null, code: null }],
          backlog: 0,
        }),
      },
    );
    expect(answer.status).to.equal(204);
  }

  before(async () => {
    postgres = await startPostgres();
    databaseUrl = await postgres.createDatabase();
    leader = start('first');
    await leader.saw(/^Ready: /m);
    standby = start('second');
  });
  after(async () => {
    for (const operator of all) await operator.remove();
    await postgres.stop();
  });

  it('and the other says whom it waits for', async () => {
    const [, holder] = await standby.saw(/^Standing by: (\S+) acts; API at http\S+\. /m);
    expect(holder).to.equal(await lease());
    expect(await leader.metric('keeptrusts_operator_leader')).to.equal(1);
    expect(await standby.metric('keeptrusts_operator_leader')).to.equal(0);
    expect(await standby.metric('keeptrusts_operator_event_loop_delay_seconds')).to.be.within(0, 5);
  });

  it('while both are ready and serve the API over the same records', async () => {
    await apply(policy(4096), {
      apiVersion: GROUP,
      kind: 'ProviderTarget',
      metadata: { name: 'mock' },
      spec: { provider: 'mock', models: [{ name: 'gpt-4o-mini' }] },
    });
    await enforced(4096);
    expect(await document()).to.contain('http://first.test');
    for (const operator of [leader, standby]) {
      expect((await fetch(`${await operator.apiUrl()}/readyz`)).status).to.equal(200);
      const { configurations } = await operator.api('/v1/configurations');
      expect(configurations).to.have.length(1);
      expect(await operator.api('/v1/events?count=true')).to.deep.include({ count: 0 });
    }
    expect(await written(leader)).to.be.above(0);
    expect(await written(standby)).to.equal(0);
  });

  it('while both take events, which both then have', async () => {
    const stream = '01K9ZQ3V5T0000000000000000';
    const records = exampleEvents({ stream, count: 3, ts: Date.now() });
    const token = createLocalTokens(join(standby.state.path, '.keeptrusts')).gatewayToken(
      'default',
      'default',
    );
    const answer = await fetch(`${await standby.apiUrl()}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/x-ndjson',
        'kt-stream': stream,
        'kt-first-seq': '0',
        'kt-count': String(records.length),
      },
      body: records.map((record) => `${record}\n`).join(''),
    });
    expect(await answer.json()).to.deep.equal({ acked: 2 });
    for (const operator of [leader, standby])
      expect(await operator.api('/v1/events?count=true')).to.deep.include({ count: 3 });
  });

  it('hears within two seconds what a gateway reports to the other', async () => {
    // No controller makes pods here.
    const status = JSON.stringify({ status: { replicas: 1, readyReplicas: 1, observedGeneration: 1 } });
    await namespace.kubectl([
      'patch',
      'deployment',
      CHILD,
      '--subresource=status',
      '--type=merge',
      '-p',
      status,
    ]);
    // Without kubectl, whose own start takes a while.
    const api = new KubeApi(testCluster().kubeconfig);
    const path = `/apis/${GROUP}/namespaces/${namespace.name}/governancepolicies/guard`;
    const programmed = async (): Promise<boolean> => {
      const { status } = (await api.call('GET', path)).body as {
        status?: { conditions?: { type: string; status: string }[] };
      };
      return status?.conditions?.some((one) => one.type === 'Programmed' && one.status === 'True') ?? false;
    };
    expect(await programmed()).to.equal(false);
    const begin = performance.now();
    await report(standby);
    await eventually(programmed, 'Programmed');
    expect(performance.now() - begin).to.be.below(2000);
    api.close();
    expect((await leader.api('/v1/instances'))['instances']).to.have.length(1);
  });

  it('while both know of what is wrong with an object', async () => {
    await apply({
      apiVersion: GROUP,
      kind: 'GovernancePolicy',
      metadata: { name: 'bad' },
      spec: {
        entries: [{ name: 'x', kind: 'DlpFilter', dlpFilter: { action: 'Block', detectPatterns: ['('] } }],
      },
    });
    await namespace.kubectl(['wait', '--for=condition=Ready=False', 'gpol/bad', '--timeout=10s']);
    for (const operator of [leader, standby]) {
      await eventually(async () => {
        const { problems } = (await operator.api('/v1/problems')) as {
          problems: { object: string; code: string }[];
        };
        return problems.some(({ object, code }) => object.endsWith('/bad') && code === 'Invalid');
      }, 'the problem');
    }
    await namespace.kubectl(['delete', 'gpol', 'bad']);
    expect(standby.out.trim().split('\n')).to.have.length(1);
  });

  it('and one that waits ends at once when it is asked to', async () => {
    const extra = start('extra');
    await extra.saw(/^Standing by: /m);
    expect(await extra.stop('SIGTERM')).to.equal(0);
    expect(extra.err).to.equal('Stopping …\n');
  });

  it('and hands over at once when it is asked to end', async () => {
    expect(await leader.stop('SIGTERM')).to.equal(0);
    const begin = performance.now();
    await eventually(
      async () => (await standby.metric('keeptrusts_operator_leader')) === 1,
      'the other',
      10_000,
    );
    expect(performance.now() - begin).to.be.below(4000);
    await standby.saw(/^Ready: gateways run as pods; API at/m);
    await eventually(async () => (await document()).includes('http://second.test'), 'its document');
    expect(await document()).to.match(/number: 2\b/);
    [leader, standby] = [standby, start('third')];
    await standby.saw(/^Standing by: /m);
  });

  it('and is followed within 20 s when it is killed', async () => {
    leader.signal('SIGKILL');
    const begin = performance.now();
    await apply(policy(8192));
    await enforced(8192);
    const took = performance.now() - begin;
    expect(took).to.be.within(8000, 20_000);
    expect(await document()).to.contain('http://third.test');
    expect(standby.err).to.equal('');
    [leader, standby] = [standby, start('fourth')];
    await standby.saw(/^Standing by: /m);
  });

  it('and ends without a write when it stood still for longer than its lease', async () => {
    const documents: string[] = [];
    const watch = spawn(
      join(testCluster().bin, 'kubectl'),
      [
        ...['--kubeconfig', testCluster().kubeconfig, '-n', namespace.name],
        ...['get', 'configmap', CHILD, '-w', '-o', 'jsonpath={.data.policy-config\\.yaml}'],
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    watch.stdout.on('data', (text) => documents.push(String(text)));
    try {
      await eventually(() => documents.length > 0, 'the watch');
      const held = await lease();
      leader.signal('SIGSTOP');
      // It would have this to write if it went on.
      await apply(policy(16_384));
      await enforced(16_384);
      expect(await document()).to.contain('http://fourth.test');
      const before = documents.length;
      leader.signal('SIGCONT');
      expect(await leader.exited).to.equal(1);
      expect(leader.err).to.match(
        /^the lease \S+\/keeptrusts-operator is lost: it was not renewed for \d+ s: this process stood still\. /m,
      );
      // Any later write of it would be told here.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(documents.slice(before).join('')).to.equal('');
      expect(await lease()).to.not.equal(held);
      expect(await standby.metric('keeptrusts_operator_leader')).to.equal(1);
    } finally {
      watch.kill();
    }
  });

  it('refuses to be one of two with different stores, and says why', async () => {
    const lone = start('lone', {});
    const other = start('other', { DATABASE_URL: await postgres.createDatabase() });
    expect(await lone.exited).to.equal(1);
    expect(lone.err).to.match(
      /another operator, \S+, acts by the lease \S+\/keeptrusts-operator and keeps its records in another store\. Stop it, or with SQLite there can be only one, so give both the same DATABASE_URL/,
    );
    expect(await other.exited).to.equal(1);
    expect(other.err).to.match(
      /keeps its records in another store\. Stop it, or give both the same DATABASE_URL/,
    );
    expect(await lease()).to.match(/^\S+$/);
  });
});
