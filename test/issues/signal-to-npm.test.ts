import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { eventually, TestFolder } from '../fakes/folder.ts';
import { root } from '../fakes/kt-process.ts';

const RUN = 'gateway run --upstream http://127.0.0.1:9/v1 --port 0 --admin-port 0';

/** `npm start` is npm, a shell, the launcher and the program: a SIGTERM to npm reached the shell and ended there. */
describe('issue: a signal to npm ends what it started', function () {
  this.timeout(60_000);
  let folder: TestFolder;
  let shell: ChildProcess;
  let pid = 0;

  const alive = (): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  async function start(env: Record<string, string>): Promise<void> {
    const { npm_lifecycle_event: _, ...own } = process.env;
    // The second command keeps the shell from becoming the first.
    const line = `"${process.execPath}" "${join(root, 'launcher.js')}" kt ${RUN}; true`;
    shell = spawn('sh', ['-c', line], { cwd: folder.path, stdio: 'ignore', env: { ...own, ...env } });
    await eventually(
      () => {
        try {
          pid = JSON.parse(readFileSync(folder.file('.keeptrusts/endpoint.json'), 'utf8')).pid;
        } catch {
          return false;
        }
        return alive();
      },
      'the start',
      30_000,
    );
    shell.kill('SIGTERM');
  }

  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(async () => {
    if (alive()) process.kill(pid, 'SIGTERM');
    await eventually(() => !alive(), 'the end');
    folder.remove();
  });

  it('when npm started the shell', async () => {
    await start({ npm_lifecycle_event: 'start' });
    await eventually(() => !alive(), 'the end');
  });

  it('and not when a shell of one’s own ends: what runs in the background goes on', async () => {
    await start({});
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(alive()).to.equal(true);
  });
});
