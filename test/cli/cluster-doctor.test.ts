import { expect } from 'chai';
import type { ClusterUser } from '../../operator/api/auth.ts';
import { startTestApi, type TestApi } from '../fakes/control-plane-api.ts';
import { runKt } from '../fakes/io.ts';
import { json, ScriptedServer } from '../fakes/scripted-server.ts';

const user = (username: string): ClusterUser => ({ username, uid: '', groups: [], extra: {} });

describe('kt doctor with a cluster', () => {
  let running: TestApi;
  let cluster: ScriptedServer;

  before(async () => {
    running = await startTestApi(Date.now, {
      authenticator: { authenticate: async (token) => ({ role: 'person', user: user(token) }) },
      authorizer: {
        allows: async ({ user }, { namespace }) => user!.username === 'admin' || namespace === 'team-a',
      },
    });
  });
  after(() => running.close());
  afterEach(() => cluster.stop());

  const layers: Record<string, () => { status: number; body: object }> = {};
  const known = (path: string, status: number, body: object): void => {
    layers[path] = () => ({ status, body });
  };
  const DEPLOYMENT = '/apis/apps/v1/namespaces/keeptrusts-system/deployments/keeptrusts-operator';
  const KINDS = '/apis/governance.keeptrusts.com/v1alpha1';
  const SELF = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

  beforeEach(async () => {
    cluster = await ScriptedServer.start((_request, response) => json(response, 404, {}));
    known(SELF, 201, { status: { userInfo: { username: 'alice' } } });
    known(KINDS, 200, {
      resources: [{ name: 'governancepolicies' }, { name: 'governancepolicies/status' }],
    });
    known(DEPLOYMENT, 200, { status: { availableReplicas: 1 } });
    cluster.answer(({ path }, response) => {
      const { status, body } = layers[path]?.() ?? { status: 404, body: {} };
      json(response, status, body);
    });
  });
  async function doctor(token: string, ...args: string[]) {
    const ran = await runKt([
      ...['doctor', '--format', 'json', `--api-url=${running.api.url}`],
      ...['--kubeconfig', cluster.kubeconfig({ token }), ...args],
    ]);
    const { checks } = JSON.parse(ran.out) as {
      checks: { layer: string; status: string; detail: string }[];
    };
    return {
      exitCode: ran.exitCode,
      all: checks.map(({ layer, status }) => `${layer} ${status}`),
      failed: checks.find(({ status }) => status === 'failed')?.detail,
    };
  }
  const REST = ['resources', 'gateway', 'providers', 'events'].map((layer) => `${layer} skipped`);

  it('goes from the kubeconfig to the records', async () => {
    const { all } = await doctor('admin');
    expect(all).to.deep.equal([
      ...['kubeconfig ok', 'cluster ok', 'crds ok', 'operator ok', 'api ok', 'access ok', 'resources ok'],
      ...['gateway failed', 'events ok'],
    ]);
  });

  it('looks at one namespace for those who have rights in one', async () => {
    expect(await doctor('alice')).to.deep.include({
      exitCode: 1,
      all: ['kubeconfig ok', 'cluster ok', 'crds ok', 'operator ok', 'api ok', 'access failed', ...REST],
    });
    expect((await doctor('alice', '--namespace', 'team-a')).all)
      .to.include('access ok')
      .and.to.include('events ok');
  });

  const broken: [string, () => void, string[], RegExp][] = [
    [
      'credentials that are refused',
      () => known(SELF, 401, {}),
      ['kubeconfig ok', 'cluster failed'],
      /refused the credentials of the kubeconfig/,
    ],
    [
      'kinds that are missing',
      () => known(KINDS, 404, {}),
      ['kubeconfig ok', 'cluster ok', 'crds failed'],
      /kubectl apply -k crds/,
    ],
    [
      'an operator that is not installed',
      () => known(DEPLOYMENT, 404, {}),
      ['kubeconfig ok', 'cluster ok', 'crds ok', 'operator failed'],
      /kubectl apply -k config\/default/,
    ],
    [
      'an operator without a pod',
      () => known(DEPLOYMENT, 200, { status: { conditions: [{ status: 'False', message: 'no image' }] } }),
      ['kubeconfig ok', 'cluster ok', 'crds ok', 'operator failed'],
      /has no pod that is available: no image/,
    ],
    [
      'an API server that fails',
      () => known(SELF, 500, {}),
      ['kubeconfig ok', 'cluster failed'],
      /answers with status 500/,
    ],
  ];
  for (const [what, breakIt, all, detail] of broken)
    it(`names ${what}, and skips what is behind`, async () => {
      breakIt();
      const found = await doctor('admin');
      expect(found.all).to.deep.equal([...all, 'api skipped', 'access skipped', ...REST]);
      expect(found.failed).to.match(detail);
    });

  it('names an API server that is away', async () => {
    const kubeconfig = cluster.kubeconfig({ token: 'admin' }, { server: 'http://127.0.0.1:9' });
    const { out } = await runKt([
      'doctor',
      '--format',
      'json',
      `--api-url=${running.api.url}`,
      '--kubeconfig',
      kubeconfig,
    ]);
    expect(out).to.match(/http:\/\/127\.0\.0\.1:9 does not answer: ECONNREFUSED/);
  });

  it('goes on where one may not look at the operator', async () => {
    known(DEPLOYMENT, 403, {});
    expect((await doctor('admin')).all.slice(3, 6)).to.deep.equal([
      'operator warning',
      'api ok',
      'access ok',
    ]);
  });

  it('names the kubeconfig', async () => {
    const ran = await runKt(['doctor', '--kubeconfig', '/none']);
    expect(ran.err).to.contain('the kubeconfig layer fails: the kubeconfig /none cannot be read');
  });
});
