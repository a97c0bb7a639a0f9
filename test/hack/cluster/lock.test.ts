import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freeLock, isLocked, takeLock } from '../../../hack/cluster/lock.ts';

describe('the lock of who starts a cluster', () => {
  let folder: string;
  let file: string;

  before(function () {
    if (process.platform !== 'linux') this.skip();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kt-test-'));
    file = join(folder, 'lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is taken once, until it is freed', () => {
    expect(isLocked(file)).to.equal(false);
    expect(takeLock(file)).to.equal(true);
    expect(isLocked(file)).to.equal(true);
    expect(takeLock(file)).to.equal(false);
    freeLock(file);
    expect(existsSync(file)).to.equal(false);
    expect(takeLock(file)).to.equal(true);
  });

  it('is free again when who has it is killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    writeFileSync(file, String(child.pid));
    expect(takeLock(file)).to.equal(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(takeLock(file)).to.equal(true);
  });

  it('is not held by another program that got the id of the process', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');
    writeFileSync(file, String(child.pid));
    expect(isLocked(file)).to.equal(false);
    child.kill();
    await once(child, 'exit');
  });
});
