import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

  it('is free again when who has it is killed, be it of another checkout with a Node of its own', async () => {
    const lock = new URL('../../../hack/cluster/lock.ts', import.meta.url).href;
    const taking = `import { takeLock } from ${JSON.stringify(lock)};
      console.log(takeLock(${JSON.stringify(file)}));
      setInterval(() => {}, 1000);`;
    const node = join(folder, 'node');
    copyFileSync(process.execPath, node);
    const child = spawn(node, ['--input-type=module', '-e', taking], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(takeLock(file)).to.equal(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(takeLock(file)).to.equal(true);
  });

  it('is not held by another program that got the id of the process', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(child, 'spawn');
    writeFileSync(file, `${child.pid} 1`);
    expect(isLocked(file)).to.equal(false);
    child.kill();
    await once(child, 'exit');
  });
});
