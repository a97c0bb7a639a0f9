import { expect } from 'chai';
import { withoutSurplus } from '../../../operator/kube/surplus.ts';
import { renderGateway } from '../../../operator/render/index.ts';
import { IMPLICIT_SHAPE } from '../../../operator/render/shape.ts';
import type { KubeObject, Manifest } from '../../../operator/runtime/objects.ts';

type Mutable = Record<string, unknown>;
interface Pod extends Mutable {
  containers: [Mutable & { env: unknown[]; volumeMounts: unknown[]; ports: unknown[] }, ...Mutable[]];
  volumes: unknown[];
}

const intents = renderGateway({
  namespace: 'team',
  gateway: 'default',
  owners: [],
  shape: IMPLICIT_SHAPE,
  image: 'keeptrusts/gateway:test',
  paused: false,
  reports: true,
  sources: '',
  document: '',
  accepted: '',
  revision: { number: 1, hash: 'a' },
  credentials: [],
});
const intent = intents.find(({ kind }) => kind === 'Deployment')!;
const podOf = (object: Manifest | KubeObject): Pod =>
  (object.spec as { template: { spec: Pod } }).template.spec;

/** As an API server keeps it: with what it fills in, and what somebody did to it. */
function stored(change: (pod: Pod) => void): KubeObject {
  const object = structuredClone(intent) as KubeObject;
  const pod = podOf(object);
  Object.assign(pod, {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
  });
  Object.assign(pod.containers[0], {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  change(pod);
  return object;
}
const takenOut = (change: (pod: Pod) => void, invalid = false): Mutable | null => {
  const patch = withoutSurplus(stored(change), intent, invalid) as {
    spec: { template: { spec: Mutable } };
  } | null;
  return patch === null ? null : patch.spec.template.spec;
};

describe('what others added to the pods of a Deployment', () => {
  it('is nothing where there is only ours, what the server fills in, and what says where pods are placed', () => {
    expect(takenOut(() => {})).to.equal(null);
    const placed = takenOut((pod) => {
      Object.assign(pod, { nodeSelector: { disk: 'ssd' }, imagePullSecrets: [{ name: 'registry' }] });
      Object.assign(pod, { tolerations: [{ operator: 'Exists' }], priorityClassName: 'high' });
      Object.assign(pod, { runtimeClassName: 'gvisor' });
    });
    expect(placed).to.equal(null);
  });

  it('is taken out of the list that it stands in, which keeps the rest of it', () => {
    const before = structuredClone(podOf(stored(() => {})));
    const sidecar = { name: 'sidecar', image: 'example/sidecar:1' };
    expect(takenOut((pod) => void pod.containers.push(sidecar))).to.deep.equal({
      containers: before.containers,
    });
    expect(
      takenOut((pod) => void pod.volumes.unshift({ name: 'host', hostPath: { path: '/' } })),
    ).to.deep.equal({ volumes: before.volumes });
    const variable = { name: 'NODE_OPTIONS', value: '--require=/state/evil.js' };
    expect(takenOut((pod) => void pod.containers[0].env.push(variable))).to.deep.equal({
      containers: before.containers,
    });
    const port = { containerPort: 9229, hostPort: 9229, protocol: 'TCP' };
    expect(takenOut((pod) => void pod.containers[0].ports.push(port))).to.deep.equal({
      containers: before.containers,
    });
    const mount = { name: 'state', mountPath: '/usr/lib' };
    expect(takenOut((pod) => void pod.containers[0].volumeMounts.push(mount))).to.deep.equal({
      containers: before.containers,
    });
  });

  it('is a list of its own, or a member', () => {
    expect(takenOut((pod) => Object.assign(pod, { initContainers: [{ name: 'first' }] }))).to.deep.equal({
      initContainers: null,
    });
    for (const member of [
      'hostNetwork',
      'hostPID',
      'hostIPC',
      'shareProcessNamespace',
      'hostAliases',
      'dnsConfig',
    ])
      expect(
        takenOut((pod) => Object.assign(pod, { [member]: true })),
        member,
      ).to.deep.equal({ [member]: null });
    const { containers } = podOf(stored(() => {}));
    const members = [
      'command',
      'envFrom',
      'lifecycle',
      'startupProbe',
      'stdin',
      'tty',
      'workingDir',
      'volumeDevices',
    ];
    for (const member of members)
      expect(
        takenOut((pod) => Object.assign(pod.containers[0], { [member]: [] })),
        member,
      ).to.deep.equal({ containers });
  });

  /** What a server fills in within the parts of ours. */
  function fill(pod: Pod): void {
    const [container] = pod.containers;
    for (const port of container.ports as Mutable[]) port['protocol'] = 'TCP';
    for (const name of ['livenessProbe', 'readinessProbe']) {
      const probe = container[name] as Mutable & { httpGet: Mutable };
      probe['successThreshold'] = 1;
      probe.httpGet['scheme'] = 'HTTP';
    }
    (container['securityContext'] as Mutable)['procMount'] = 'Default';
    for (const variable of container.env as (Mutable & { valueFrom?: { fieldRef: Mutable } })[])
      if (variable.valueFrom !== undefined) variable.valueFrom.fieldRef['apiVersion'] = 'v1';
    for (const volume of pod.volumes as Record<string, Mutable>[])
      for (const source of ['configMap', 'projected'])
        if (volume[source] !== undefined) volume[source]['defaultMode'] = 420;
  }
  const named = (list: unknown[], name: string): Mutable =>
    (list as Mutable[]).find((element) => element['name'] === name)!;

  it('is taken out of our own parts, which keep what the server fills in', () => {
    expect(takenOut(fill)).to.equal(null);
    const filled = podOf(stored(fill));
    const refilled = (patch: Mutable | null): Mutable => {
      const pod = { ...structuredClone(filled), ...patch };
      fill(pod);
      return { containers: pod.containers };
    };
    const additions: Record<string, (pod: Pod) => void> = {
      'a port of the node': ({ containers: [{ ports }] }) => (named(ports, 'admin')['hostPort'] = 41003),
      'a part of the document': ({ containers: [{ volumeMounts }] }) =>
        (named(volumeMounts, 'config')['subPath'] = 'other'),
      'a state that cannot be written': ({ containers: [{ volumeMounts }] }) =>
        (named(volumeMounts, 'state')['readOnly'] = true),
      'a capability': ({ containers: [container] }) =>
        ((container['securityContext'] as { capabilities: Mutable }).capabilities['add'] = ['NET_RAW']),
      'a process file system in the open': ({ containers: [container] }) =>
        ((container['securityContext'] as Mutable)['procMount'] = 'Unmasked'),
      'a probe that cannot succeed': ({ containers: [container] }) =>
        ((container['readinessProbe'] as { httpGet: Mutable }).httpGet['scheme'] = 'HTTPS'),
      'another host to probe': ({ containers: [container] }) =>
        ((container['readinessProbe'] as { httpGet: Mutable }).httpGet['host'] = 'example.com'),
    };
    for (const [what, add] of Object.entries(additions)) {
      const change = (pod: Pod): void => {
        fill(pod);
        add(pod);
      };
      expect(takenOut(change), what).to.not.equal(null);
      expect(refilled(takenOut(change)), what).to.deep.equal({ containers: filled.containers });
    }
    const optional = (pod: Pod): void => {
      fill(pod);
      (named(pod.volumes, 'config')['configMap'] as Mutable)['optional'] = true;
    };
    expect(takenOut(optional)).to.deep.equal({ volumes: filled.volumes });
  });

  it('gives way to ours where the server would call an apply invalid, and nothing is written where ours is there', () => {
    expect(takenOut(fill, true)).to.equal(null);
    const ours = podOf(intent);
    const container = (change: (container: Pod['containers'][0]) => void): Mutable =>
      (takenOut((pod) => change(pod.containers[0]), true) as { containers: [Mutable] }).containers[0];
    const lower = { requests: { cpu: '1m' }, limits: { cpu: '2m' } };
    expect(container((one) => (one['resources'] = lower))['resources']).to.deep.equal(
      ours.containers[0]['resources'],
    );
    const propagated = container(({ volumeMounts }) => {
      named(volumeMounts, 'state')['mountPropagation'] = 'Bidirectional';
    });
    expect(propagated['volumeMounts']).to.deep.equal(ours.containers[0].volumeMounts);
    const seccompProfile = { type: 'Localhost', localhostProfile: 'p.json' };
    const context = takenOut(
      (pod) => Object.assign(pod['securityContext'] as Mutable, { seccompProfile }),
      true,
    );
    expect(context).to.deep.equal({
      securityContext: {
        ...(ours['securityContext'] as Mutable),
        seccompProfile: { localhostProfile: null, type: 'RuntimeDefault' },
      },
    });
    const host = { name: 'state', hostPath: { path: '/' } };
    const volumes = takenOut(
      (pod) => Object.assign(pod, { volumes: [...pod.volumes.slice(0, -1), host] }),
      true,
    );
    expect(volumes).to.deep.equal({ volumes: ours.volumes });
  });

  it('is asked of Deployments only', () => {
    for (const other of intents.filter(({ kind }) => kind !== 'Deployment'))
      expect(withoutSurplus({ ...other, extra: 1 } as unknown as KubeObject, other)).to.equal(null);
  });
});
