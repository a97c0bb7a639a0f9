import { spawn } from 'node:child_process';
import { expect } from 'chai';
import { PidFile } from '../../../../operator/local/node/leftover.ts';
import { systemClock } from '../../../../operator/runtime/clock.ts';
import { eventually, TestFolder } from '../../../fakes/folder.ts';

describe('a process that an earlier run left', () => {
  let folder: TestFolder;
  before(function () {
    if (process.platform !== 'linux') this.skip();
  });
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  const start = (script: string, ...args: string[]) =>
    spawn(process.execPath, ['-e', script, ...args], { stdio: 'ignore' });
  const file = (): PidFile => new PidFile(folder.file('pid'), folder.path);

  it('is waited for until it ends by itself', async () => {
    const child = start('setTimeout(() => {}, 300)', folder.path);
    file().write(child.pid!);
    await file().settle(10_000, systemClock);
    await eventually(() => child.exitCode !== null, 'the end');
    expect(child.exitCode).to.equal(0);
  });

  it('is ended by force when it does not', async () => {
    const child = start('setInterval(() => {}, 1000)', folder.path);
    file().write(child.pid!);
    await file().settle(150, systemClock);
    await eventually(() => child.signalCode !== null, 'the end');
    expect(child.signalCode).to.equal('SIGKILL');
  });

  it('is left alone when it is another process that got the same id', async () => {
    const child = start('setInterval(() => {}, 1000)', 'elsewhere');
    file().write(child.pid!);
    await file().settle(0, systemClock);
    expect(child.signalCode).to.equal(null);
    child.kill('SIGKILL');
  });

  it('is nothing to wait for where there is none', async () => {
    await file().settle(10_000, systemClock);
    folder.write('pid', 'not a number');
    await file().settle(10_000, systemClock);
  });
});
