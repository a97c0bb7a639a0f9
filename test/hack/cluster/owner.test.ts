import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { type Layout, layoutOf } from '../../../hack/cluster/layout.ts';
import { claim, type Owner, ownerOf, release, testsOfOthers, told } from '../../../hack/cluster/owner.ts';
import { awaitTurn } from '../../../hack/cluster/turn.ts';
import { TestFolder } from '../../fakes/folder.ts';

describe('the owner of a cluster', () => {
  let folder: TestFolder;
  let layout: Layout;
  let other: ChildProcess;

  before(function () {
    if (process.platform !== 'linux') this.skip();
  });
  beforeEach(async () => {
    folder = new TestFolder();
    layout = { ...layoutOf('test'), owner: folder.file('state/owner') };
    other = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(other, 'spawn');
  });
  afterEach(async () => {
    await end();
    folder.remove();
  });

  async function end(): Promise<void> {
    if (other.exitCode !== null || other.signalCode !== null) return;
    other.kill('SIGKILL');
    await once(other, 'exit');
  }
  const take = (pid: number, use: Owner['use'] = 'tests'): boolean =>
    claim(layout.owner, { pid, use, folder: '/checkout' });

  it('is one at a time, for as long as its process lives', async () => {
    expect(ownerOf(layout.owner)).to.equal(null);
    expect(take(other.pid!)).to.equal(true);
    expect(take(process.pid)).to.equal(false);
    expect(ownerOf(layout.owner)).to.include({ pid: other.pid, use: 'tests', folder: '/checkout' });
    await end();
    expect(ownerOf(layout.owner)).to.equal(null);
    expect(take(process.pid)).to.equal(true);
    expect(readdirSync(folder.file('state'))).to.deep.equal(['owner']);
  });

  it('is not another process that got the id', () => {
    take(other.pid!);
    const owner = JSON.parse(readFileSync(layout.owner, 'utf8')) as Owner;
    writeFileSync(layout.owner, JSON.stringify({ ...owner, start: '1' }));
    expect(ownerOf(layout.owner)).to.equal(null);
    writeFileSync(layout.owner, '{');
    expect(take(process.pid)).to.equal(true);
  });

  it('passes from who started a cluster to its first process', () => {
    expect(take(process.pid, 'up')).to.equal(true);
    expect(take(other.pid!, 'up')).to.equal(true);
    expect(ownerOf(layout.owner)).to.include({ pid: other.pid, use: 'up' });
    expect(take(process.pid, 'up')).to.equal(false);
  });

  it('ends with the removal, but not where tests of others go on', () => {
    take(other.pid!, 'up');
    release(layout.owner);
    expect(existsSync(layout.owner)).to.equal(false);
    take(other.pid!);
    release(layout.owner);
    expect(ownerOf(layout.owner)).to.not.equal(null);
  });

  it('does not keep out what its own tests start', () => {
    take(process.ppid);
    expect(testsOfOthers(layout.owner)).to.equal(null);
    expect(ownerOf(layout.owner)).to.not.equal(null);
  });

  it('keeps out others while it runs tests, and says which', () => {
    take(other.pid!);
    const owner = testsOfOthers(layout.owner)!;
    expect(told(owner, layout)).to.equal(`process ${other.pid} runs tests of /checkout on it`);
  });

  it('keeps out nobody from a cluster that was started to be used', () => {
    take(other.pid!, 'up');
    expect(testsOfOthers(layout.owner)).to.equal(null);
  });

  describe('that tests wait for', () => {
    let said: string[];
    const wait = (limitMs: number, signal = new AbortController().signal): Promise<void> =>
      awaitTurn(layout, { folder: '/mine', signal, say: (line) => void said.push(line), limitMs });
    beforeEach(() => {
      said = [];
    });

    it('makes them the next one at its end, and was told once', async () => {
      take(other.pid!);
      const turn = wait(60_000);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      expect(ownerOf(layout.owner)).to.include({ pid: other.pid });
      await end();
      await turn;
      expect(ownerOf(layout.owner)).to.include({ pid: process.pid, folder: '/mine' });
      expect(said).to.deep.equal([
        `The cluster of tests is in use: process ${other.pid} runs tests of /checkout on it. Waiting for up to 1 min`,
      ]);
    });

    it('is refused after a while, with what to do', async () => {
      take(other.pid!, 'up');
      expect(await wait(0).then(() => 'done', String)).to.equal(
        'Error: the cluster of tests was in use for 0 min: it was started from /checkout with ' +
          'npm run cluster:up -- --test, and npm run cluster:down -- --test removes it',
      );
      expect(ownerOf(layout.owner)).to.include({ pid: other.pid });
    });

    it('can be given up', async () => {
      take(other.pid!);
      const stop = new AbortController();
      const turn = wait(60_000, stop.signal).then(() => 'done', String);
      stop.abort();
      expect(await turn).to.include('it was interrupted while it waited');
    });

    it('takes no time where nobody has it', async () => {
      await wait(0);
      expect(said).to.deep.equal([]);
    });
  });
});
