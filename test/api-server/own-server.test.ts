import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { serversOf } from '../../hack/api-server/folders.ts';
import { processes } from '../../hack/api-server/processes.ts';
import { type ApiServer, startApiServer } from '../../hack/api-server/start.ts';
import { eventually } from '../fakes/folder.ts';
import { kubectl, testCluster } from '../fakes/kubectl.ts';
import { ownBinaries } from '../fakes/own-api-server.ts';

const main = fileURLToPath(new URL('../../hack/api-server/main.ts', import.meta.url));

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('an API server of one’s own', () => {
  let server: ApiServer;
  const seen = new Set<number>();
  const see = (): void => {
    for (const pid of Object.values(server.pids())) seen.add(pid);
  };

  // One for all tests, in their order: a start takes seconds.
  before(async function () {
    this.timeout(60_000);
    server = await startApiServer({ binaries: ownBinaries(this) });
    see();
    expect(seen).to.have.property('size', testCluster().collects ? 4 : 3);
  });
  after(() => server?.stop());

  const run = (...args: string[]): Promise<string> => kubectl(args, { kubeconfig: server.kubeconfig });

  it('comes back after kill -9 on the same port with its objects', async function () {
    this.timeout(60_000);
    const { url } = server;
    await run('create', 'configmap', 'kept');
    await server.kill();
    expect(server.pids()).to.not.have.property('kube-apiserver');
    expect(await run('get', '--raw', '/readyz').catch(String)).to.include('refused');

    await server.restart();
    see();
    expect(server.url).to.equal(url);
    expect(await run('get', 'configmap', 'kept', '-o', 'name')).to.equal('configmap/kept\n');
  });

  it('hangs when it is told to, and goes on', async () => {
    server.signal('SIGSTOP');
    const answer = await run('get', '--raw', '/readyz', '--request-timeout=1s').catch(String);
    expect(answer).to.not.equal('ok');
    server.signal('SIGCONT');
    await eventually(async () => (await run('get', '--raw', '/readyz').catch(String)) === 'ok', 'the answer');
  });

  it('tells who waits for it that a server ended', async () => {
    process.kill(server.pids()['etcd']!, 'SIGKILL');
    expect(await server.failed).to.equal('etcd ended (SIGKILL)');
  });

  it('leaves nothing when it is stopped', async () => {
    await server.stop();
    expect([...seen].filter(isAlive)).to.deep.equal([]);
    expect(existsSync(dirname(server.kubeconfig))).to.equal(false);
  });

  it('says what a server said that cannot start', async function () {
    const binaries = { ...ownBinaries(this), apiServer: '/bin/false' };
    const error = await startApiServer({ binaries }).then(() => null, String);
    expect(error).to.include('kube-apiserver ended (exit code 1) before it was ready');
    const missing = await startApiServer({ binaries: { ...binaries, etcd: '/none/etcd' } }).then(
      () => null,
      String,
    );
    expect(missing).to.equal('Error: /none/etcd could not be started: spawn /none/etcd ENOENT');
  });
});

describe('npm run api-server', () => {
  let child: ChildProcess | undefined;
  let complaint = '';

  afterEach(() => {
    child?.kill('SIGKILL');
  });

  /** Starts it and returns the folder of its run. */
  async function start(bin: string): Promise<string> {
    child = spawn(process.execPath, [main], {
      env: { ...process.env, KUBEBUILDER_ASSETS: bin },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    complaint = '';
    child.stderr!.setEncoding('utf8').on('data', (text) => {
      complaint += text;
    });
    for await (const line of createInterface({ input: child.stdout! })) {
      const file = /export KUBECONFIG=(.+)/.exec(line)?.[1];
      if (file === undefined) continue;
      child.stdout!.resume();
      expect(await kubectl(['get', 'governance', '-A'], { kubeconfig: file })).to.equal('');
      return dirname(file);
    }
    throw new Error(`it ended before it was ready: ${complaint}`);
  }

  const runningIn = (folder: string): number => serversOf(folder, processes()).length;

  it('ends with Ctrl-C and leaves nothing', async function () {
    this.timeout(60_000);
    ownBinaries(this);
    const folder = await start(testCluster().bin);
    expect(runningIn(folder)).to.be.greaterThan(1);
    // A terminal and the launcher send one each.
    child!.kill('SIGINT');
    child!.kill('SIGINT');
    expect((await once(child!, 'exit'))[0]).to.equal(0);
    expect(existsSync(folder)).to.equal(false);
    expect(runningIn(folder)).to.equal(0);
  });

  it('leaves nothing after kill -9 either', async function () {
    this.timeout(60_000);
    ownBinaries(this);
    const folder = await start(testCluster().bin);
    child!.kill('SIGKILL');
    await eventually(() => !existsSync(folder) && runningIn(folder) === 0, 'the clean-up', 5_000);
  });

  it('what is left after kill -9 of the supervisor goes at the next start', async function () {
    this.timeout(90_000);
    const binaries = ownBinaries(this);
    const folder = await start(testCluster().bin);
    const [, supervisor] = /api-server-(\d+)-/.exec(folder)!;
    process.kill(Number(supervisor), 'SIGKILL');
    expect((await once(child!, 'close'))[0]).to.equal(1);
    expect(complaint).to.match(/^\S+ ended \(the supervisor ended\)\n$/);
    expect(runningIn(folder)).to.be.greaterThan(1);
    const next = await startApiServer({ binaries });
    await next.stop();
    expect(existsSync(folder)).to.equal(false);
    await eventually(() => runningIn(folder) === 0, 'the clean-up');
  });
});
