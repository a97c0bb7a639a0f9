import { join } from 'node:path';
import { expect } from 'chai';
import { crds } from '../../hack/api-server/crds.ts';
import { type ApiServer, startApiServer } from '../../hack/api-server/start.ts';
import { renderGateway } from '../../operator/render/index.ts';
import type { RenderInput } from '../../operator/render/input.ts';
import { IMPLICIT_SHAPE } from '../../operator/render/shape.ts';
import type { Manifest } from '../../operator/runtime/objects.ts';
import { eventually } from '../fakes/folder.ts';
import { root } from '../fakes/kt-process.ts';
import { kubectl } from '../fakes/kubectl.ts';
import { ownBinaries } from '../fakes/own-api-server.ts';
import { type Json, policy } from '../fakes/resources.ts';

const OPERATOR = 'system:serviceaccount:keeptrusts-system:keeptrusts-operator';
const NAME = 'keeptrusts-default';
const KINDS = ['ConfigMap', 'ServiceAccount', 'Service', 'Deployment'];

/** `config/admission`: what RBAC cannot say of the objects of gateways. */
describe('admission of what the operator makes', function () {
  this.timeout(90_000);
  let server: ApiServer;
  let owners: RenderInput['owners'];
  const run = (args: readonly string[], input: string | object = ''): Promise<string> =>
    kubectl(args, { kubeconfig: server.kubeconfig, input });
  const said = (done: Promise<string>): Promise<string> =>
    done.then(
      () => '',
      (error: Error) => error.message,
    );
  /** What the API server says to an apply of the operator; empty where it takes it. */
  const refusal = (manifest: object, ...more: string[]): Promise<string> =>
    said(
      run(['apply', '--server-side', '--force-conflicts', '-f', '-', ...more, `--as=${OPERATOR}`], manifest),
    );
  const tried = (manifest: object): Promise<string> => refusal(manifest, '--dry-run=server');
  const deleted = (kind: string, name: string, ...more: string[]): Promise<string> =>
    said(run(['delete', kind, name, '--wait=false', ...more, `--as=${OPERATOR}`]));
  const byHand = (kind: string, name: string, patch: object): Promise<string> =>
    run(['patch', kind, name, '--type=merge', '-p', JSON.stringify(patch)]);

  const rendered = (over: Partial<RenderInput> = {}): Manifest[] =>
    renderGateway({
      namespace: 'default',
      gateway: 'default',
      owners,
      shape: IMPLICIT_SHAPE,
      image: 'keeptrusts/gateway:1.2.3',
      paused: false,
      credentials: [{ name: 'openai', key: 'api-key' }],
      reports: true,
      revision: { number: 7, hash: 'a'.repeat(64) },
      document: 'pack: {}\n',
      accepted: '[]\n',
      sources: '{}\n',
      ...over,
    });
  /** One of the objects of a gateway, as an operator that was taken over might have it. */
  function changed(kind: string, change: (manifest: Loose) => void, over: Partial<RenderInput> = {}): object {
    const manifest = structuredClone(rendered(over).find((one) => one.kind === kind)!) as unknown as Loose;
    change(manifest);
    return manifest;
  }
  const withPod = (change: (pod: Pod) => void): object =>
    changed('Deployment', (manifest) => change(manifest.spec.template.spec));

  before(async function () {
    server = await startApiServer({ binaries: ownBinaries(this), manifests: crds });
    await run(['apply', '-k', join(root, 'config/rbac')]);
    await run(['apply', '-k', join(root, 'config/admission')]);
    const made = JSON.parse(await run(['create', '-o', 'json', '-f', '-'], policy('guard')));
    const { apiVersion, kind, metadata } = made;
    owners = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid }];
    const foreign = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'theirs' }, data: { a: 'b' } };
    await run(['create', '-f', '-'], foreign);
    await run(['create', '-f', '-'], { ...foreign, metadata: { name: 'keeptrusts-theirs' } });
    for (const kind of ['ConfigMap', 'Deployment', 'Service']) {
      const bad = changed(kind, (manifest) => {
        if (kind === 'ConfigMap') manifest.metadata.annotations = { mine: 'x' };
        if (kind === 'Deployment') manifest.spec.template.spec.hostNetwork = true;
        if (kind === 'Service') manifest.spec.externalIPs = ['192.0.2.1'];
      });
      const inForce =
        kind === 'ConfigMap' ? /no annotations/ : kind === 'Service' ? /external addresses/ : /their node/;
      await eventually(async () => inForce.test(await tried(bad)), `the rules for ${kind} to be in force`);
    }
  });
  after(() => server?.stop());

  it('takes the objects of a gateway as they are made, changed and deleted', async () => {
    for (const manifest of rendered()) expect(await refusal(manifest), manifest.kind).to.equal('');
    const next = {
      image: 'keeptrusts/gateway:1.3.0',
      document: 'pack: {name: x}\n',
      revision: { number: 8, hash: 'b'.repeat(64) },
      credentials: [],
      paused: true,
    };
    for (const manifest of rendered(next)) expect(await refusal(manifest), manifest.kind).to.equal('');
    for (const kind of KINDS) expect(await deleted(kind, NAME), kind).to.equal('');
  });

  it('takes what the operator puts back: labels, an owner, another selector, more rights of a container', async () => {
    for (const manifest of rendered()) {
      const { kind } = manifest;
      expect(await refusal(manifest), kind).to.equal('');
      const labels = {
        'app.kubernetes.io/managed-by': null,
        'governance.keeptrusts.com/gateway': null,
      };
      await byHand(kind, NAME, { metadata: { labels } });
      expect(await refusal(manifest), kind).to.equal('');
      await byHand(kind, NAME, { metadata: { ownerReferences: null } });
      expect(await refusal(manifest), kind).to.equal('');
    }
    await byHand('Service', NAME, { spec: { selector: { app: 'shop' }, type: 'NodePort' } });
    const [, , service, deployment] = rendered();
    expect(await refusal(service!)).to.equal('');
    const spec = { automountServiceAccountToken: true, securityContext: { runAsNonRoot: false } };
    await byHand('Deployment', NAME, { spec: { template: { spec } } });
    expect(await refusal(deployment!)).to.equal('');
  });

  it('takes a gateway with as many credentials as there can be: rules may cost so much and no more', async () => {
    const credentials = Array.from({ length: 512 }, (_, index) => ({
      name: `provider-${index}`,
      key: 'api-key',
    }));
    expect(await tried(rendered({ credentials })[3]!)).to.equal('');
  });

  it('leaves what others added', async () => {
    await byHand('ServiceAccount', NAME, { metadata: { annotations: { 'cloud.example/role': 'models' } } });
    await byHand('Service', NAME, { spec: { externalIPs: ['192.0.2.1'] } });
    await byHand('Deployment', NAME, {
      metadata: { annotations: { mine: 'x' } },
      spec: { template: { metadata: { labels: { mesh: 'in' } } } },
    });
    for (const manifest of rendered({ image: 'keeptrusts/gateway:1.4.0' })) {
      expect(await refusal(manifest), manifest.kind).to.equal('');
    }
    const labels = (manifest: Loose): void => {
      manifest.spec.template.metadata.labels['mesh'] = 'out';
    };
    expect(await tried(changed('Deployment', labels))).to.match(/no labels but/);
    const role = (manifest: Loose): void => {
      manifest.metadata.annotations = { 'cloud.example/role': 'admin' };
    };
    expect(await tried(changed('ServiceAccount', role))).to.match(/no annotations but/);
    const addresses = (manifest: Loose): void => {
      manifest.spec.externalIPs = ['192.0.2.1', '192.0.2.2'];
    };
    expect(await tried(changed('Service', addresses))).to.match(/no external addresses/);
  });

  it('refuses objects of others, whatever they are named', async () => {
    const theirs = { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'c' } };
    for (const name of ['theirs', 'keeptrusts-theirs']) {
      const labels = {
        'app.kubernetes.io/managed-by': 'keeptrusts-operator',
        'governance.keeptrusts.com/gateway': name.replace('keeptrusts-', ''),
      };
      const wanted = { ...theirs, metadata: { name, namespace: 'default', labels } };
      expect(await tried(wanted), name).to.match(/objects of its gateways alone|named keeptrusts-/);
      expect(await deleted('configmap', name), name).to.match(
        /objects of its gateways alone|named keeptrusts-/,
      );
    }
    const operator = ['-n', 'keeptrusts-system'];
    expect(await deleted('serviceaccount', 'keeptrusts-operator', ...operator)).to.match(
      /its gateways alone/,
    );
  });

  it('refuses objects of ours under another name, without labels, or where Kubernetes itself runs', async () => {
    for (const kind of KINDS) {
      const other = (manifest: Loose): void => {
        manifest.metadata.name = 'shop';
      };
      expect(await tried(changed(kind, other)), kind).to.match(
        /named keeptrusts-|as the ServiceAccount of its name|select its pods/,
      );
      const bare = (manifest: Loose): void => {
        manifest.metadata.labels = {};
      };
      expect(await tried(changed(kind, bare, { gateway: 'bare' })), kind).to.match(
        /the labels of the gateway/,
      );
      const system = { namespace: 'kube-system' };
      expect(await tried(changed(kind, () => {}, system)), kind).to.match(/namespaces of Kubernetes/);
    }
  });

  for (const [what, change, why] of POD_CHANGES()) {
    it(`refuses a Deployment with ${what}`, async () => {
      expect(await tried(withPod(change))).to.match(why);
    });
  }

  it('refuses a Service of another type, or for pods of others', async () => {
    const type = (manifest: Loose): void => {
      manifest.spec['type'] = 'LoadBalancer';
    };
    expect(await tried(changed('Service', type))).to.match(/type ClusterIP/);
    const selector = (manifest: Loose): void => {
      manifest.spec['selector'] = { app: 'shop' };
    };
    expect(await tried(changed('Service', selector))).to.match(/select its pods/);
  });

  it('leaves everybody else alone', async () => {
    await byHand('configmap', 'theirs', { data: { a: 'd' } });
    await byHand('deployment', NAME, { spec: { template: { spec: { hostNetwork: true } } } });
    // And says so, where the operator cannot mend it: the field is nobody's but theirs.
    expect(await tried(rendered()[3]!)).to.match(/share nothing with their node/);
  });
});

interface Container extends Json {
  securityContext: Json;
}
interface Pod extends Json {
  containers: [Container, ...Json[]];
  volumes: Json[];
  securityContext: Json;
}
interface Loose {
  metadata: { name: string; labels: Json; annotations?: Json };
  spec: Json & { template: { metadata: { labels: Json }; spec: Pod } };
}

function POD_CHANGES(): [string, (pod: Pod) => void, RegExp][] {
  const volume = (source: Json) => (pod: Pod) => void pod.volumes.push({ name: 'more', ...source });
  const pod = (fields: Json) => (one: Pod) => void Object.assign(one, fields);
  const security = (fields: Json) => (one: Pod) =>
    void Object.assign(one.containers[0].securityContext, fields);
  const token = { serviceAccountToken: { path: 'token', audience: 'https://kubernetes.default.svc' } };
  const also = { name: 'also', image: 'evil:1' };
  return [
    ['another ServiceAccount', pod({ serviceAccountName: 'admin' }), /the ServiceAccount of its name/],
    ['a token', pod({ automountServiceAccountToken: true }), /no token of it/],
    ['the network of the node', pod({ hostNetwork: true }), /share nothing with their node/],
    ['the processes of the node', pod({ hostPID: true }), /share nothing with their node/],
    ['the memory of the node', pod({ hostIPC: true }), /share nothing with their node/],
    ['a node', pod({ nodeName: 'control-plane' }), /do not choose it/],
    ['a folder of the node', volume({ hostPath: { path: '/' } }), /configMap, projected or emptyDir/],
    ['a volume claim', volume({ persistentVolumeClaim: { claimName: 'x' } }), /projected or emptyDir/],
    ['a Secret as a volume', volume({ secret: { secretName: 'x' } }), /projected or emptyDir/],
    ['a token for others', volume({ projected: { sources: [token] } }), /audience keeptrusts/],
    ['root', pod({ securityContext: { runAsUser: 0 } }), /no root/],
    [
      'no seccomp profile',
      pod({ securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Unconfined' } } }),
      /seccomp/,
    ],
    ['a container that may gain privileges', security({ allowPrivilegeEscalation: true }), /no privileges/],
    ['a container with capabilities', security({ capabilities: { add: ['SYS_ADMIN'] } }), /no privileges/],
    ['a container of root', security({ runAsUser: 0 }), /no privileges/],
    ['a container beside, with what it likes', (one) => void one.containers.push(also), /no privileges/],
    ['a container before, with what it likes', pod({ initContainers: [also] }), /no privileges/],
    [
      'a port of the node',
      (one) => void one.containers.push({ ...also, ports: [{ containerPort: 1, hostPort: 1 }] }),
      /share nothing with their node/,
    ],
  ];
}
