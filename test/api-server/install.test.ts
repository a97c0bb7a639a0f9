import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments, stringify } from 'yaml';
import { type ApiServer, startApiServer } from '../../hack/api-server/start.ts';
import { renderGateway } from '../../operator/render/index.ts';
import { IMPLICIT_SHAPE } from '../../operator/render/shape.ts';
import { root } from '../fakes/kt-process.ts';
import { kubectl } from '../fakes/kubectl.ts';
import { ownBinaries } from '../fakes/own-api-server.ts';

/** What `kubectl apply -k` installs. `KT_UPDATE_GOLDEN=1` writes the golden files. */
const update = process.env['KT_UPDATE_GOLDEN'] === '1';
const SYSTEM = 'keeptrusts-system';

interface Installed {
  kind: string;
  metadata: { name: string; namespace?: string };
}
interface Workload extends Installed {
  spec: { template: { metadata: object; spec: Pod } };
}
interface Pod {
  containers: { name: string; image: string; securityContext: object }[];
}

describe('installation by kustomize', function () {
  this.timeout(60_000);
  let server: ApiServer;
  const admin = (args: readonly string[], input: string | object = ''): Promise<string> =>
    kubectl(args, { kubeconfig: server.kubeconfig, input });
  const built = async (folder: string): Promise<Installed[]> =>
    parseAllDocuments(await admin(['kustomize', join(root, 'config', folder)])).map(
      (document) => document.toJS() as Installed,
    );
  const workload = async (): Promise<Workload> =>
    (await built('default')).find(({ kind }) => kind === 'Deployment') as Workload;
  const podOf = ({ metadata, spec }: Workload['spec']['template'], namespace: string): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: 'one', namespace },
    spec,
  });
  /** What the API server says to a pod in a namespace that enforces `restricted`; empty where it takes it. */
  const refusal = (pod: object): Promise<string> =>
    admin(['create', '--dry-run=server', '-o', 'name', '-f', '-'], pod).then(
      () => '',
      (error: Error) => error.message,
    );

  before(async function () {
    server = await startApiServer({ binaries: ownBinaries(this) });
    await admin(['apply', '-k', join(root, 'config/default')]);
    await admin(['create', 'namespace', 'team-a']);
    await admin(['label', 'namespace', 'team-a', 'pod-security.kubernetes.io/enforce=restricted']);
    // Admission asks for it before it judges the pod.
    await admin(['create', 'serviceaccount', 'keeptrusts-default', '-n', 'team-a']);
  });
  after(() => server?.stop());

  for (const folder of ['default', 'namespaced']) {
    it(`config/${folder} is what it was`, async () => {
      const objects = (await built(folder)).filter(({ kind }) => kind !== 'CustomResourceDefinition');
      const text = objects.map((object) => stringify(object)).join('---\n');
      const golden = join(root, 'test/golden/config', `${folder}.yaml`);
      if (update) writeFileSync(golden, text);
      expect(text).to.equal(readFileSync(golden, 'utf8'));
    });
  }

  it('may be applied again without a change', async () => {
    const said = await admin(['apply', '-k', join(root, 'config/default')]);
    const changed = said
      .trim()
      .split('\n')
      .filter((line) => !line.endsWith(' unchanged'));
    expect(changed).to.deep.equal([]);
  });

  it('runs one operator, whose image is that of this release', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const { spec } = (await workload()).spec.template;
    expect(spec.containers.map(({ image }) => image)).to.deep.equal([`keeptrusts/operator:${version}`]);
    const live = JSON.parse(
      await admin(['get', 'deploy', 'keeptrusts-operator', '-n', SYSTEM, '-o', 'json']),
    );
    expect(live.spec).to.deep.include({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  it('check 88: the operator and its gateways are admitted where restricted pods alone are', async () => {
    const { template } = (await workload()).spec;
    expect(await refusal(podOf(template, SYSTEM))).to.equal('');
    const gateway = renderGateway({
      namespace: 'team-a',
      gateway: 'default',
      owners: [],
      shape: IMPLICIT_SHAPE,
      image: 'keeptrusts/gateway:0.1.0',
      paused: false,
      credentials: [{ name: 'openai', key: 'api-key' }],
      reports: true,
      revision: { number: 1, hash: 'x' },
      document: '',
      accepted: '',
      sources: '',
    }).find(({ kind }) => kind === 'Deployment') as Workload;
    expect(await refusal(podOf(gateway.spec.template, 'team-a'))).to.equal('');
    for (const [place, { metadata, spec }] of [
      [SYSTEM, template],
      ['team-a', gateway.spec.template],
    ] as const) {
      const containers = spec.containers.map((one) => ({ ...one, securityContext: {} }));
      const loose = podOf({ metadata, spec: { ...spec, containers } }, place);
      expect(await refusal(loose), place).to.match(/violates PodSecurity "restricted:latest"/);
    }
  });

  it('lets the operator ask who somebody is and may do, and see no Secret', async () => {
    const can = (verb: string, resource: string): Promise<boolean> => {
      const [plural = '', subresource = ''] = resource.split('/');
      const as = `--as=system:serviceaccount:${SYSTEM}:keeptrusts-operator`;
      return admin(['auth', 'can-i', verb, plural, `--subresource=${subresource}`, '-A', as]).then(
        () => true,
        () => false,
      );
    };
    for (const [verb, resource, allowed] of [
      ['create', 'tokenreviews.authentication.k8s.io', true],
      ['create', 'subjectaccessreviews.authorization.k8s.io', true],
      ['patch', 'pods', true],
      ['get', 'namespaces', true],
      ['list', 'namespaces', false],
      ['get', 'secrets', false],
      ['list', 'secrets', false],
      ['create', 'serviceaccounts/token', false],
      ['create', 'pods/exec', false],
      ['patch', 'pods/ephemeralcontainers', false],
      ['update', 'pods', false],
      ['create', 'pods', false],
      ['impersonate', 'users', false],
    ] as const) {
      expect(await can(verb, resource), `${verb} ${resource}`).to.equal(allowed);
    }
  });
});
