import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type Layout, layoutOf, PAUSE_IMAGE } from '../../hack/cluster/layout.ts';
import { claim } from '../../hack/cluster/owner.ts';
import { clusterProcesses, initProcess, processesOf } from '../../hack/cluster/processes.ts';
import { eventually } from '../fakes/folder.ts';
import { kubectl } from '../fakes/kubectl.ts';
import { tracesOf } from './traces.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../../hack/cluster/main.ts', import.meta.url));
const layout: Layout = layoutOf('test');
const { kubeconfig } = layout.paths;

const command = async (...args: string[]): Promise<string> =>
  (await run(process.execPath, [main, ...args, '--test'])).stdout;
const call = (...args: string[]): Promise<string> => kubectl(args, { kubeconfig });

/** Milliseconds: the kernel takes the link away with the namespace of its other end, which can take it half a minute. */
const LINK_MS = 60_000;

async function killAndWait(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await eventually(
    () => clusterProcesses(layout).length === 0 && !existsSync(`/sys/class/net/${layout.link}`),
    'the end of every process and of the link',
    LINK_MS,
  );
}

describe('a cluster on this machine', function () {
  this.timeout(180_000);
  let earlier: string[];

  // Another cluster is somebody's, and this machine need not be able to have one.
  before(async function () {
    if (process.env['KT_CLUSTER_PLACE'] !== layout.place) this.skip();
    await command('down');
    earlier = await tracesOf(layout);
  });
  after(() => command('down'));

  it('says that there is none to be removed', async () => {
    expect(await command('down')).to.equal('There was no cluster.\n');
    const fault = await command('load', main).then(() => '', String);
    expect(fault).to.include('no cluster runs here: npm run cluster:up -- --test');
  });

  it('leaves nothing behind when it is removed', async () => {
    const said = await command('up');
    expect(said).to.include(`export KUBECONFIG=${kubeconfig}`);
    expect(said).to.include('npm run cluster:down -- --test removes the cluster.');
    expect(await call('get', 'nodes', '-o', 'name')).to.equal('node/keeptrusts-node\n');
    const during = await tracesOf(layout);
    expect(during).to.include(`network device ${layout.link}`);
    expect(during.filter((line) => line.startsWith('process ')).length).to.be.greaterThan(8);
    // What it did to the settings of its node and to its firewall does not show on this machine.
    const shared = (lines: readonly string[]): string[] =>
      lines.filter((line) => /^(setting|firewall) /.test(line));
    expect(shared(during)).to.deep.equal(shared(earlier));

    expect(await command('down')).to.include('The cluster is removed');
    expect(await tracesOf(layout)).to.deep.equal(earlier);
  });

  it('goes on when who started it is killed, and the next who wants one gets it', async () => {
    const child = spawn(process.execPath, [main, 'up', '--test'], { stdio: 'ignore' });
    await eventually(() => initProcess(layout) !== null, 'its first process', 60_000);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const said = await command('up');
    expect(said).to.include('A cluster runs here already').and.to.include(kubeconfig);
    expect(await call('get', '--raw', '/readyz')).to.equal('ok');
  });

  it('is removed when Ctrl-C ends its start, though that comes twice', async () => {
    await command('down');
    const child = spawn(process.execPath, [main, 'up', '--test'], { stdio: 'ignore' });
    await eventually(() => initProcess(layout) !== null, 'its first process', 60_000);
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).to.deep.equal([130, null]);
    expect(await tracesOf(layout)).to.deep.equal(earlier);
  });

  it('is made once when two ask for it at the same time', async () => {
    const both = await Promise.all([1, 2].map(() => command('up').catch(String)));
    const made = both.filter((said) => said.includes('is ready after'));
    expect(made, both.join('\n')).to.have.length(1);
    const other = both.find((said) => !made.includes(said));
    expect(other).to.match(/A cluster runs here already|Somebody else starts a cluster/);
    expect(await call('get', '--raw', '/readyz')).to.equal('ok');
    expect(existsSync(layout.lock)).to.equal(false);
  });

  it('is neither joined nor removed by others while tests use it', async () => {
    const other = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(other, 'spawn');
    const [mine, theirs] = [`${layout.owner}.mine`, `${layout.owner}.theirs`];
    copyFileSync(layout.owner, mine);
    claim(theirs, { pid: other.pid!, use: 'tests', folder: '/elsewhere' });
    try {
      // There is an owner at every moment: a run that waits would take the place of none.
      renameSync(theirs, layout.owner);
      const refusal = `The cluster of tests is in use: process ${other.pid} runs tests of /elsewhere on it.`;
      for (const name of ['up', 'down'])
        expect(await command(name).then(() => 'done', String)).to.include(refusal);
    } finally {
      renameSync(mine, layout.owner);
      other.kill();
    }
    expect(await call('get', '--raw', '/readyz')).to.equal('ok');
  });

  it('gives people what they may see, by a token', async () => {
    const can = (person: string, namespace: string): Promise<string> =>
      kubectl(['auth', 'can-i', 'list', 'pods', '-n', namespace], {
        kubeconfig: `${layout.paths.people}/${person}`,
      }).catch(() => 'no\n');
    expect(await can('team-a-viewer', 'team-a')).to.equal('yes\n');
    expect(await can('team-a-viewer', 'team-b')).to.equal('no\n');
    expect(await can('team-b-viewer', 'team-b')).to.equal('yes\n');
    expect(await can('nobody', 'team-a')).to.equal('no\n');
  });

  it('starts a part again that is killed, while the pods go on', async () => {
    await call('run', 'kept', `--image=docker.io/${PAUSE_IMAGE}`, '--image-pull-policy=Never');
    await call('wait', '--for=condition=Ready', 'pod/kept', '--timeout=60s');
    const begun = '-o=jsonpath={.status.containerStatuses[0].state.running.startedAt}';
    const since = await call('get', 'pod', 'kept', begun);
    for (const part of ['kubelet', 'containerd', 'kube-apiserver']) {
      const [killed] = processesOf(layout, part);
      await command('restart', part);
      const isNew = (): boolean => processesOf(layout, part).some((pid) => pid !== killed);
      await eventually(isNew, `another ${part}`);
    }
    const isReady = async (): Promise<boolean> =>
      (await call('get', '--raw', '/readyz').catch(String)) === 'ok';
    await eventually(isReady, 'an API server that is ready', 60_000);
    await call('run', 'next', `--image=docker.io/${PAUSE_IMAGE}`, '--image-pull-policy=Never');
    await call('wait', '--for=condition=Ready', 'pod/next', 'pod/kept', '--timeout=60s');
    expect(since).to.not.equal('');
    expect(await call('get', 'pod', 'kept', begun)).to.equal(since);
  });

  it('empties a volume for the next claim when its claim is deleted', async () => {
    const claim = (name: string): object => ({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: 'default' },
      spec: {
        storageClassName: 'local',
        volumeName: 'local-3',
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
      },
    });
    const file = `${layout.paths.volumes}/3/file`;
    await kubectl(['create', '-f', '-'], { kubeconfig, input: claim('first') });
    await call('wait', '--for=jsonpath={.status.phase}=Bound', 'pvc/first', '--timeout=60s');
    writeFileSync(file, 'of the first');
    await call('delete', 'pvc', 'first');
    await kubectl(['create', '-f', '-'], { kubeconfig, input: claim('second') });
    await call('wait', '--for=jsonpath={.status.phase}=Bound', 'pvc/second', '--timeout=60s');
    expect(existsSync(file)).to.equal(false);
  });

  it('runs a command in the network of the node', async () => {
    const address = (await call('get', 'pod', 'kept', '-o=jsonpath={.status.podIP}')).trim();
    const args = ['enter', '--test', '--', 'ip', 'route', 'get', address];
    expect((await run(process.execPath, [main, ...args])).stdout).to.match(/ dev veth/);
  });

  it('ends as a whole when its first process is killed, and the next start removes what is left', async () => {
    await killAndWait(initProcess(layout)!);
    expect(existsSync(layout.state)).to.equal(true);
    const said = await command('up');
    expect(said).to.include('Removed what an earlier cluster left').and.to.include('is ready after');
  });

  it('ends as a whole when its supervisor is killed, and can be removed then', async () => {
    await killAndWait(processesOf(layout, 'node')[0]!);
    expect(await command('down')).to.include('The cluster is removed');
    expect(await tracesOf(layout)).to.deep.equal(earlier);
  });
});
