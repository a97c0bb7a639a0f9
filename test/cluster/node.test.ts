import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { eventually } from '../fakes/folder.ts';
import { kubectl, testCluster } from '../fakes/kubectl.ts';

const NAMESPACE = 'node-test';
const image = process.env['KT_GATEWAY_IMAGE'];

/** Answers with the name of its pod, and with what its volume held before. */
const program = `
const fs = require('node:fs');
const before = fs.existsSync('/data/mark') ? fs.readFileSync('/data/mark', 'utf8') : 'nothing';
fs.writeFileSync('/data/mark', process.env.HOSTNAME);
process.on('SIGTERM', () => process.exit(0));
require('node:http')
  .createServer((_, answer) => answer.end(process.env.HOSTNAME + ' found ' + before))
  .listen(8080, () => console.log('listening'));
`;

const container = {
  name: 'web',
  image,
  command: ['/usr/bin/node', '-e', program],
  readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
  volumeMounts: [
    { name: 'data', mountPath: '/data' },
    { name: 'token', mountPath: '/token' },
  ],
  resources: { requests: { memory: '32Mi' }, limits: { memory: '128Mi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
};

const objects = [
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: NAMESPACE },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: NAMESPACE },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: NAMESPACE },
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          automountServiceAccountToken: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65532,
            fsGroup: 65532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [container],
          volumes: [
            { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
            {
              name: 'token',
              projected: {
                sources: [
                  { serviceAccountToken: { path: 'token', audience: 'somebody', expirationSeconds: 600 } },
                ],
              },
            },
          ],
        },
      },
    },
  },
];

const call = (...args: string[]): Promise<string> => kubectl(['--namespace', NAMESPACE, ...args]);
const inPod = (script: string): Promise<string> =>
  call('exec', 'deployment/web', '--', '/usr/bin/node', '-e', script);

describe('the node of a cluster', () => {
  before(async function () {
    this.timeout(120_000);
    await kubectl(['apply', '--server-side', '-f', '-'], {
      input: { apiVersion: 'v1', kind: 'List', items: objects },
    });
    await call('rollout', 'status', 'deployment/web', '--timeout=90s');
  });
  after(async function () {
    this.timeout(90_000);
    await kubectl(['delete', 'namespace', NAMESPACE, '--timeout=80s']);
  });

  it('runs a restricted pod and shows its log', async () => {
    expect(await call('logs', 'deployment/web')).to.equal('listening\n');
    const pods = JSON.parse(await call('get', 'pods', '-o', 'json'));
    expect(pods.items).to.have.length(1);
    expect(pods.items[0].status.phase).to.equal('Running');
  });

  it('refuses a pod that asks for more than its namespace allows', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'root', namespace: NAMESPACE },
      spec: { containers: [{ name: 'root', image, securityContext: { privileged: true } }] },
    };
    const fault = await kubectl(['create', '-f', '-'], { input: pod }).then(() => '', String);
    expect(fault).to.include('violates PodSecurity "restricted');
  });

  it('finds a Service by its name, also from the pod behind it', async () => {
    const name = `web.${NAMESPACE}.svc.cluster.local`;
    const asked = `${askAgain('http://web')};
      require('node:dns').lookup('${name}', (fault, address) => console.log(fault ?? address));`;
    const address = (await call('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}')).trim();
    const lines = (await inPod(asked)).trim().split('\n');
    expect(lines).to.include(address);
    expect(lines.some((line) => /^web-\S+ found nothing$/.test(line))).to.equal(true);
  });

  it('brings two pods of one node together by a Service', async function () {
    this.timeout(60_000);
    const script = askAgain(`http://web.${NAMESPACE}`);
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'caller', namespace: NAMESPACE },
      spec: {
        automountServiceAccountToken: false,
        restartPolicy: 'Never',
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65532,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'caller',
            image,
            command: ['/usr/bin/node', '-e', script],
            securityContext: container.securityContext,
          },
        ],
      },
    };
    await kubectl(['create', '-f', '-'], { input: pod });
    await call('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/caller', '--timeout=45s');
    expect(await call('logs', 'caller')).to.match(/^web-\S+ found nothing\n$/);
  });

  it('gives a pod a token for an audience, which the API server knows', async () => {
    const token = await inPod(`process.stdout.write(require('node:fs').readFileSync('/token/token'))`);
    const review = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token, audiences: ['somebody'] },
    };
    const { status } = JSON.parse(await kubectl(['create', '-f', '-', '-o', 'json'], { input: review }));
    expect(status).to.include({ authenticated: true });
    expect(status.user.username).to.equal(`system:serviceaccount:${NAMESPACE}:default`);
    expect(status.user.extra).to.have.property('authentication.kubernetes.io/pod-name');
  });

  it('forwards a port of this machine to a pod', async () => {
    const { kubeconfig, bin } = testCluster();
    const child = spawn(
      join(bin, 'kubectl'),
      ['--kubeconfig', kubeconfig, '-n', NAMESPACE, 'port-forward', 'deployment/web', ':8080'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const port = await forwardedPort(child);
      const answer = await (await fetch(`http://127.0.0.1:${port}/`)).text();
      expect(answer).to.match(/^web-\S+ found nothing$/);
    } finally {
      // One that has ended by itself tells so no more.
      if (child.kill()) await once(child, 'exit');
    }
  });

  it('keeps a volume from one pod to the next', async function () {
    this.timeout(90_000);
    const first = (await inPod(`process.stdout.write(process.env.HOSTNAME)`)).trim();
    await call('rollout', 'restart', 'deployment/web');
    await call('rollout', 'status', 'deployment/web', '--timeout=60s');
    const asked = `fetch('http://web').then((a) => a.text()).then(console.log)`;
    const found = async (): Promise<boolean> =>
      (await inPod(asked).catch(String)).trim().endsWith(` found ${first}`);
    await eventually(found, 'an answer of the next pod that tells of the first', 30_000);
  });
});

/** A program that prints what is answered: the node may not lead to a Service yet when the pods of it are ready. */
function askAgain(url: string): string {
  return `(async () => {
    for (let left = 40; ; left--)
      try {
        return console.log(await (await fetch('${url}')).text());
      } catch (fault) {
        if (left === 0) throw fault;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
  })()`;
}

async function forwardedPort(child: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line) ?? [];
    if (port !== undefined) return Number(port);
  }
  throw new Error('kubectl forwards no port');
}
