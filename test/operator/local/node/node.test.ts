import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Node } from '../../../../operator/local/node/node.ts';
import { ObjectStore } from '../../../../operator/local/object-store.ts';
import { systemClock } from '../../../../operator/runtime/clock.ts';
import { silentLog } from '../../../../operator/runtime/log.ts';
import { eventually, TestFolder } from '../../../fakes/folder.ts';

const program = fileURLToPath(new URL('../../../fakes/gateway-process.ts', import.meta.url));
const ref = { kind: 'Deployment', namespace: 'team-a', name: 'web' };

interface Answer {
  pid: number;
  argv: string[];
  document: string;
  token: string;
  env: Record<string, string>;
}
interface Status {
  readyReplicas: number;
  replicas: number;
  conditions: { type: string; status: string; message: string }[];
}

describe('node with a fake program', () => {
  let folder: TestFolder;
  let store: ObjectStore;
  let node: Node;
  let reported: string[];
  let uid = 0;

  function open(secretVariables: Record<string, string> = {}): void {
    store = new ObjectStore(
      { dir: folder.file('objects') },
      { clock: systemClock, uid: () => `uid-${++uid}`, log: silentLog, admit: (manifest) => manifest },
    );
    store.load();
    node = new Node(
      {
        dir: folder.file('node'),
        host: '127.0.0.1',
        basePort: 0,
        command: [process.execPath, program],
        extraArgs: ['--reuse-port'],
        programEnv: { PROGRAM_NEEDS: 'this' },
        sharedPort: 'traffic',
        maxGraceMs: 2000,
      },
      {
        client: store,
        clock: systemClock,
        random: Math.random,
        log: silentLog,
        report: (line) => reported.push(line),
        secretVariables,
        secretHint: 'add it to the folder or set',
        token: ({ serviceAccount, audience }) => `token of ${serviceAccount} for ${audience}`,
      },
    );
    node.start();
  }

  const config = (text: string) =>
    store.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'web', namespace: 'team-a' },
      data: { 'policy-config.yaml': text, other: 'not mounted' },
    });

  const deploy = (over: { replicas?: number; args?: string[] } = {}) =>
    store.apply({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'team-a' },
      spec: {
        replicas: over.replicas ?? 1,
        template: {
          spec: {
            serviceAccountName: 'web',
            terminationGracePeriodSeconds: 5,
            containers: [
              {
                name: 'web',
                image: 'web:1',
                args: [
                  '--config=/etc/web/policy-config.yaml',
                  '--secrets=/secrets',
                  '--control-plane-token-file=/token/token',
                  '--state-dir=/state',
                  '--listen=0.0.0.0:8080',
                  '--admin-listen=0.0.0.0:8081',
                  ...(over.args ?? []),
                ],
                ports: [
                  { name: 'traffic', containerPort: 8080 },
                  { name: 'admin', containerPort: 8081 },
                ],
                readinessProbe: {
                  httpGet: { path: '/readyz', port: 'admin' },
                  periodSeconds: 1,
                  failureThreshold: 1,
                },
                volumeMounts: [
                  { name: 'config', mountPath: '/etc/web' },
                  { name: 'secrets', mountPath: '/secrets' },
                  { name: 'token', mountPath: '/token' },
                  { name: 'state', mountPath: '/state' },
                ],
              },
            ],
            volumes: [
              {
                name: 'config',
                configMap: {
                  name: 'web',
                  items: [{ key: 'policy-config.yaml', path: 'policy-config.yaml' }],
                },
              },
              {
                name: 'secrets',
                projected: {
                  sources: [
                    {
                      secret: {
                        name: 'vendor',
                        optional: true,
                        items: [{ key: 'api-key', path: 'vendor/api-key' }],
                      },
                    },
                  ],
                },
              },
              {
                name: 'token',
                projected: {
                  sources: [{ serviceAccountToken: { path: 'token', audience: 'control-plane' } }],
                },
              },
              { name: 'state', emptyDir: {} },
            ],
          },
        },
      },
    });

  const status = () => store.cache.get(ref)?.status as Status | undefined;
  const ready = (count: number) => () => status()?.readyReplicas === count;
  const ask = async (index = 0): Promise<Answer> =>
    (await fetch(`http://127.0.0.1:${node.instances()[index]!.sharedPort}`)).json() as Promise<Answer>;

  beforeEach(() => {
    folder = new TestFolder();
    reported = [];
    open();
  });
  afterEach(async () => {
    await node.stop();
    folder.remove();
  });

  it('runs a Deployment with its volumes and writes its status', async () => {
    await config('one');
    await deploy();
    await eventually(ready(1), 'readiness');
    const answer = await ask();
    expect(answer.document).to.equal('one');
    expect(answer.token).to.equal('token of web for control-plane');
    expect(answer.argv).to.include('--reuse-port');
    expect(status()!.conditions.map(({ type, status: value }) => `${type}=${value}`)).to.deep.equal([
      'Available=True',
      'Progressing=True',
    ]);
  });

  it('changes ConfigMap files under the running process', async () => {
    await config('one');
    await deploy();
    await eventually(ready(1), 'readiness');
    const { pid } = await ask();
    await config('two');
    await eventually(async () => (await ask()).document === 'two', 'the new document');
    expect((await ask()).pid).to.equal(pid);
  });

  it('waits for a ConfigMap that does not exist, and starts when it comes', async () => {
    await deploy();
    await eventually(() => reported.length > 0, 'the report');
    expect(reported[0]).to.equal('web: ConfigMap team-a/web does not exist');
    expect(node.instances()).to.deep.equal([]);
    await config('one');
    await eventually(ready(1), 'readiness');
  });

  it('leaves a process alone whose ConfigMap goes, and gives it the next one', async () => {
    const { metadata } = await config('one');
    await deploy();
    await eventually(ready(1), 'readiness');
    const { pid } = await ask();
    await store.delete({ kind: 'ConfigMap', namespace: 'team-a', name: 'web' }, metadata.uid);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await ask()).document).to.equal('one');
    await config('two');
    await eventually(async () => (await ask()).document === 'two', 'the new document');
    expect((await ask()).pid).to.equal(pid);
    expect(reported.filter((line) => line.includes('ConfigMap'))).to.deep.equal([]);
  });

  it('takes credentials from Secret objects first, else from variables, and never into the environment', async () => {
    await node.stop();
    open({ KT_SECRET_VENDOR_API_KEY: 'from-variable' });
    await config('one');
    await deploy();
    await eventually(ready(1), 'readiness');
    const file = folder.file('node/pods/team-a/web/volumes/secrets/vendor/api-key');
    expect(readFileSync(file, 'utf8')).to.equal('from-variable');
    const data = { 'api-key': Buffer.from('from-object').toString('base64') };
    await store.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'vendor', namespace: 'team-a' },
      data,
    });
    await eventually(() => readFileSync(file, 'utf8') === 'from-object', 'the new credential');
    const answer = await ask();
    expect(answer.env).to.include({ PROGRAM_NEEDS: 'this' });
    expect(JSON.stringify(answer)).to.not.contain('from-');
    expect(reported).to.deep.equal([]);
  });

  it('runs without an optional credential, and says once how to give it', async () => {
    await config('one');
    await deploy();
    await eventually(ready(1), 'readiness');
    await config('two');
    await eventually(
      () =>
        readFileSync(folder.file('node/pods/team-a/web/volumes/config/policy-config.yaml'), 'utf8') === 'two',
      'the edit',
    );
    expect(reported).to.deep.equal([
      'web: Secret team-a/vendor has no key api-key: add it to the folder or set KT_SECRET_VENDOR_API_KEY',
    ]);
  });

  it('shares the traffic port among replicas, each with its own admin port and state, and scales down', async () => {
    await config('one');
    await deploy({ replicas: 2 });
    await eventually(ready(2), 'readiness');
    const [first, second] = node.instances();
    expect(first!.sharedPort).to.equal(second!.sharedPort);
    expect(first!.ownPort).to.not.equal(second!.ownPort);
    const pids = new Set<number>();
    await eventually(async () => {
      pids.add((await ask()).pid);
      return pids.size === 2;
    }, 'both replicas taking traffic');
    await deploy({ replicas: 1 });
    await eventually(() => node.instances().length === 1, 'the scaling');
    await eventually(ready(1), 'the status');
    expect(existsSync(folder.file('node/pods/team-a/web/1/state'))).to.equal(true);
  });

  it('starts a crashed process again on the same ports with the same state, and says how it ended', async () => {
    await config('one');
    await deploy();
    await eventually(ready(1), 'readiness');
    const before = node.instances()[0]!;
    await fetch(`http://127.0.0.1:${before.ownPort}/crash`).catch(() => {});
    const crash = 'web-0: ended with exit code 7';
    await eventually(() => reported.includes(crash), 'the report');
    await eventually(
      () => node.instances()[0]!.ready && node.instances()[0]!.pid !== before.pid,
      'the restart',
    );
    expect(node.instances()[0]).to.include({ sharedPort: before.sharedPort, ownPort: before.ownPort });
    expect(existsSync(folder.file(`node/pods/team-a/web/0/state/was-here-${before.pid}`))).to.equal(true);
  });

  it('restarts the process when the template changes', async () => {
    await config('one');
    await deploy();
    await eventually(ready(1), 'readiness');
    const { pid } = await ask();
    await deploy({ args: ['--level=debug'] });
    await eventually(
      () => node.instances()[0]?.pid !== pid && node.instances()[0]?.ready === true,
      'the restart',
    );
    expect((await ask()).argv).to.include('--level=debug');
  });

  it('ends the processes of a deleted Deployment and keeps their state', async () => {
    await config('one');
    const { metadata } = await deploy();
    await eventually(ready(1), 'readiness');
    const { pid } = node.instances()[0]!;
    await store.delete(ref, metadata.uid);
    await eventually(() => node.instances().length === 0 && !isAlive(pid!), 'the end');
    expect(existsSync(folder.file('node/pods/team-a/web/0/state'))).to.equal(true);
  });

  it('reports a program that cannot be started, with the status of its Deployment', async () => {
    await node.stop();
    open();
    await config('one');
    await deploy({ args: ['--admin-listen=not-an-address'] });
    await eventually(() => status()?.conditions[1]?.status === 'False', 'the condition');
    expect(status()!.conditions[1]!.message).to.match(/^ended with exit code \d/);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
