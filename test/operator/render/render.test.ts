import { expect } from 'chai';
import { acceptedIn } from '../../../operator/render/configmap.ts';
import { renderGateway } from '../../../operator/render/index.ts';
import type { RenderInput } from '../../../operator/render/input.ts';
import { childName, gatewayOf } from '../../../operator/render/names.ts';
import { IMPLICIT_SHAPE } from '../../../operator/render/shape.ts';
import type { KubeObject, Manifest } from '../../../operator/runtime/objects.ts';
import { podSecurityViolations } from './pod-security.ts';

const input: RenderInput = {
  namespace: 'team-a',
  gateway: 'default',
  owners: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'u' }],
  shape: IMPLICIT_SHAPE,
  image: 'keeptrusts/gateway:1.2.3',
  paused: false,
  credentials: [
    { name: 'openai', key: 'api-key' },
    { name: 'openai', key: 'second' },
    { name: 'groq', key: 'api-key' },
  ],
  reports: true,
  revision: { number: 7, hash: 'a'.repeat(64) },
  document: 'pack: {}\n',
  accepted: '[]\n',
  sources: '{}\n',
};

interface Container {
  args: string[];
  env: { name: string; value?: string }[];
  resources?: object;
  readinessProbe: object;
  livenessProbe: object;
  securityContext: { readOnlyRootFilesystem: boolean };
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
  ports: { name: string; containerPort: number }[];
}
interface Pod {
  containers: [Container];
  volumes: { name: string }[];
  automountServiceAccountToken: boolean;
  serviceAccountName: string;
  terminationGracePeriodSeconds: number;
}
const byKind = (over: Partial<RenderInput> = {}): Record<string, Manifest> =>
  Object.fromEntries(renderGateway({ ...input, ...over }).map((manifest) => [manifest.kind, manifest]));
const podOf = (over: Partial<RenderInput> = {}): Pod =>
  (byKind(over)['Deployment']!.spec as { template: { spec: Pod } }).template.spec;

describe('rendered gateway', () => {
  it('is a ConfigMap, a ServiceAccount, a Service and a Deployment, applied in that order', () => {
    expect(renderGateway(input).map(({ kind }) => kind)).to.deep.equal([
      'ConfigMap',
      'ServiceAccount',
      'Service',
      'Deployment',
    ]);
  });

  it('is the same text when rendered twice', () => {
    expect(JSON.stringify(renderGateway(input))).to.equal(
      JSON.stringify(renderGateway(structuredClone(input))),
    );
  });

  it('keeps Pod Security level restricted, with a read-only root and no mounted token of the API server', () => {
    const pod = podOf();
    expect(podSecurityViolations(pod as unknown as Record<string, unknown>)).to.deep.equal([]);
    expect(pod.containers[0].securityContext.readOnlyRootFilesystem).to.equal(true);
    expect(pod.automountServiceAccountToken).to.equal(false);
  });

  it('is noticed by the check when it is not restricted', () => {
    const pod = structuredClone(podOf()) as unknown as Record<string, unknown>;
    const [container] = pod['containers'] as [Record<string, unknown>];
    container['securityContext'] = { privileged: true };
    pod['hostNetwork'] = true;
    (pod['volumes'] as object[]).push({ name: 'x', hostPath: { path: '/' } });
    expect(podSecurityViolations(pod)).to.include.members([
      'Privileged Containers',
      'Host Namespaces',
      'Volume Types: hostPath',
      'Capabilities: drop',
    ]);
  });

  it('has every name and label within what Kubernetes takes, for the longest gateway name', () => {
    const gateway = `g${'-x'.repeat(25)}y`;
    expect(gateway).to.have.length(52);
    for (const { metadata } of renderGateway({ ...input, gateway })) {
      expect(metadata.name).to.have.length.at.most(63);
      for (const value of Object.values(metadata.labels ?? {})) {
        expect(value).to.match(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
      }
    }
    expect(gatewayOf(childName(gateway))).to.equal(gateway);
  });

  it('carries the standard labels and its owners on every object, and selects its own pods only', () => {
    for (const { metadata } of renderGateway(input)) {
      expect(metadata.labels).to.include({
        'app.kubernetes.io/name': 'keeptrusts-gateway',
        'app.kubernetes.io/instance': 'keeptrusts-default',
        'app.kubernetes.io/managed-by': 'keeptrusts-operator',
      });
      expect(metadata.ownerReferences).to.deep.equal(input.owners);
    }
    const { Service, Deployment } = byKind();
    const { selector } = Service!.spec as { selector: object };
    const spec = Deployment!.spec as {
      selector: { matchLabels: object };
      template: { metadata: { labels: object } };
    };
    expect(spec.selector.matchLabels).to.deep.equal(selector);
    expect(spec.template.metadata.labels).to.include(selector);
  });

  it('mounts the document alone, read-only, and every mount has its volume', () => {
    const pod = podOf();
    const volumes = pod.volumes.map(({ name }) => name);
    expect(pod.containers[0].volumeMounts.map(({ name }) => name)).to.deep.equal(volumes);
    for (const mount of pod.containers[0].volumeMounts) {
      expect(mount.readOnly ?? false, mount.name).to.equal(mount.name !== 'state');
    }
    expect(JSON.stringify(pod.volumes)).to.not.contain('accepted.json');
  });

  it('refers to credentials by optional volumes, one source a Secret, and never by environment', () => {
    const text = JSON.stringify(podOf());
    expect(text).to.contain('"path":"openai/api-key"').and.to.contain('"path":"openai/second"');
    expect(text.match(/"optional":true/g)).to.have.length(2);
    expect(text).to.not.contain('secretKeyRef');
    expect(podOf().containers[0].env.map(({ name }) => name)).to.deep.equal(['POD_NAME']);
  });

  it('has no secrets volume without credentials and no token without a control plane', () => {
    const pod = podOf({ credentials: [], reports: false });
    expect(pod.volumes.map(({ name }) => name)).to.deep.equal(['config', 'state']);
    expect(pod.containers[0].args.join(' ')).to.not.match(/secrets|token/);
  });

  it('probes the admin port by different paths and serves only the traffic port', () => {
    const [container] = podOf().containers;
    expect(container.readinessProbe).to.not.deep.equal(container.livenessProbe);
    const { ports } = byKind()['Service']!.spec as { ports: { targetPort: string }[] };
    expect(ports.map(({ targetPort }) => targetPort)).to.deep.equal(['traffic']);
  });

  it('keeps what a gateway does not read as text while it is small, and packed where it is not', () => {
    const configMap = (over: Partial<RenderInput>) => byKind(over)['ConfigMap'] as unknown as KubeObject;
    const small = configMap({ accepted: '[1]\n' });
    expect(small.data).to.include.keys('accepted.json', 'sources.json');
    expect(small).to.not.have.property('binaryData');
    expect(acceptedIn(small)).to.equal('[1]\n');
    const document = 'x'.repeat(900_000);
    const accepted = `["${'ä word '.repeat(100_000)}"]\n`;
    const large = configMap({ document, accepted });
    expect(large.data).to.deep.equal({ 'policy-config.yaml': document });
    expect(acceptedIn(large)).to.equal(accepted);
    const bytes = Object.values(large['binaryData'] as object).map(
      (text) => Buffer.from(text, 'base64').length,
    );
    expect(bytes.reduce((sum, size) => sum + size, document.length)).to.be.below(1_048_576);
    for (const text of ['', 'AAAA', 'H4sIAAAAAAAAAw==']) {
      expect(acceptedIn({ ...large, binaryData: { 'accepted.json.gz': text } }), text).to.equal(undefined);
    }
  });

  it('pauses a Deployment only where it is told to', () => {
    expect(byKind()['Deployment']!.spec).to.have.property('paused', false);
    expect(byKind({ paused: true })['Deployment']!.spec).to.have.property('paused', true);
  });

  it('gives a pod longer to end than it accepts and drains', () => {
    const { terminationGracePeriodSeconds, containers } = podOf();
    const seconds = (flag: string): number =>
      Number(containers[0].args.find((arg) => arg.startsWith(flag))?.slice(flag.length));
    const delay = seconds('--drain-delay-seconds=');
    const grace = seconds('--drain-seconds=');
    expect(grace).to.equal(IMPLICIT_SHAPE.drainGraceSeconds);
    expect(delay).to.be.above(0);
    expect(seconds('--ship-seconds=')).to.equal(grace);
    // After its grace a gateway takes at most 1 s to end exchanges, 5 s to ship events and 1 s to say that it ends.
    const closing = 8;
    expect(terminationGracePeriodSeconds).to.be.at.least(delay + grace + closing);
  });

  it('sets the resources that the gateway states, and none where it states none', () => {
    expect(podOf().containers[0].resources).to.deep.equal(IMPLICIT_SHAPE.resources);
    const { resources: _, ...shape } = IMPLICIT_SHAPE;
    expect(podOf({ shape }).containers[0]).to.not.have.property('resources');
  });

  it('does not change the pod template when only the document changes, so that nothing restarts', () => {
    const other = { document: 'pack: {x: 1}\n', revision: { number: 8, hash: 'b'.repeat(64) } };
    expect(byKind(other)['Deployment']).to.deep.equal(byKind()['Deployment']);
    expect(byKind(other)['ConfigMap']).to.not.deep.equal(byKind()['ConfigMap']);
  });
});
