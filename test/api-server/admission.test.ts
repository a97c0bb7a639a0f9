import { join } from 'node:path';
import { expect } from 'chai';
import { type ApiServer, startApiServer } from '../../hack/api-server/start.ts';
import { CONFIG_REVISION_ANNOTATION } from '../../operator/render/configmap.ts';
import { standardLabels } from '../../operator/render/labels.ts';
import { eventually } from '../fakes/folder.ts';
import { root } from '../fakes/kt-process.ts';
import { kubectl } from '../fakes/kubectl.ts';
import { ownBinaries } from '../fakes/own-api-server.ts';

const OPERATOR = 'system:serviceaccount:keeptrusts-system:keeptrusts-operator';

/** `config/admission`: what RBAC cannot say of `patch pods`. */
describe('admission of what the operator writes to pods', function () {
  this.timeout(60_000);
  let server: ApiServer;
  const run = (args: readonly string[], input: string | object = ''): Promise<string> =>
    kubectl(args, { kubeconfig: server.kubeconfig, input });
  /** What the API server says to a patch; empty where it takes it. */
  const refusal = (pod: string, patch: object, as: string | null = OPERATOR): Promise<string> =>
    run([...['patch', 'pod', pod, '-p', JSON.stringify(patch)], ...(as === null ? [] : [`--as=${as}`])]).then(
      () => '',
      (error: Error) => error.message,
    );
  const told = (value: string | null): object => ({
    metadata: { annotations: { [CONFIG_REVISION_ANNOTATION]: value } },
  });
  const pod = (name: string, labels: Record<string, string>): object => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, annotations: { theirs: 'x' } },
    spec: { containers: [{ name: 'gateway', image: 'keeptrusts/gateway:0.1.0' }] },
  });

  before(async function () {
    server = await startApiServer({ binaries: ownBinaries(this) });
    await run(['apply', '-k', join(root, 'config/rbac')]);
    await run(['apply', '-k', join(root, 'config/admission')]);
    // kubectl looks at what it patches, which the operator does not.
    await run(['create', 'clusterrole', 'look', '--verb=get', '--resource=pods']);
    await run(['create', 'clusterrolebinding', 'look', '--clusterrole=look', `--user=${OPERATOR}`]);
    // Made by the controllers of a cluster a moment after its start.
    await eventually(
      () =>
        run(['get', 'serviceaccount', 'default']).then(
          () => true,
          () => false,
        ),
      'the account of pods',
    );
    await run(['create', '-f', '-'], pod('ours', standardLabels('default')));
    await run(['create', '-f', '-'], pod('theirs', { app: 'shop' }));
    await eventually(async () => (await refusal('theirs', told('1'))) !== '', 'the rule to be in force');
  });
  after(() => server?.stop());

  it('takes our annotation on pods of gateways, as it is set, changed and removed', async () => {
    for (const value of ['1', '2', '2.1', null]) {
      expect(await refusal('ours', told(value)), String(value)).to.equal('');
    }
    expect(await refusal('ours', { metadata: { annotations: {} } })).to.equal('');
  });

  for (const [what, patch, why] of [
    ['an image', { spec: { containers: [{ name: 'gateway', image: 'evil:1' }] } }, /no pod's spec/],
    ['a deadline', { spec: { activeDeadlineSeconds: 1 } }, /no pod's spec/],
    ['a label', { metadata: { labels: { app: 'shop' } } }, /no pod's labels/],
    ['the loss of a label', { metadata: { labels: { 'app.kubernetes.io/name': null } } }, /no pod's labels/],
    ['a finalizer', { metadata: { finalizers: ['a.b/c'] } }, /finalizers/],
    [
      'an owner',
      { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' }] } },
      /owners/,
    ],
    ['another annotation', { metadata: { annotations: { mine: 'y' } } }, /no annotation but/],
    ['a change of an annotation', { metadata: { annotations: { theirs: 'y' } } }, /no annotation but/],
    ['the loss of an annotation', { metadata: { annotations: { theirs: null } } }, /no annotation but/],
    ['another value', told('rm -rf /'), /the number of a revision/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      expect(await refusal('ours', patch)).to.match(why);
      // Beside what is permitted too.
      const both = { ...patch, metadata: { ...told('3'), ...('metadata' in patch ? patch.metadata : {}) } };
      expect(await refusal('ours', both)).to.match(why);
    });
  }

  it('refuses our annotation on pods of others', async () => {
    expect(await refusal('theirs', told('1'))).to.match(/pods of its gateways alone/);
  });

  it('leaves everybody else alone', async () => {
    expect(await refusal('ours', { metadata: { annotations: { mine: 'y' } } }, null)).to.equal('');
    expect(await refusal('theirs', told('1'), null)).to.equal('');
  });
});
