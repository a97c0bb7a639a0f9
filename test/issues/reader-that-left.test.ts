import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { TestFolder } from '../fakes/folder.ts';
import { root } from '../fakes/kt-process.ts';

const UP = ['up', '-f', join(root, 'config/samples/quickstart'), '--api-port', '0', '--gateway-port', '0'];

/** `kt up | head -1` ended in the middle of what it did, and left its address for later commands to run into. */
describe('issue: a reader of standard output that leaves', function () {
  this.timeout(60_000);
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  it('makes kt up end as Ctrl-C does', async () => {
    const child = spawn(process.execPath, [join(root, 'cli/main.ts'), ...UP], {
      cwd: folder.path,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let told = '';
    child.stderr.on('data', (chunk) => {
      told += chunk;
    });
    child.stdout.destroy();
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect([code, told]).to.deep.equal([0, 'Stopping …\n']);
    expect(existsSync(folder.file('.keeptrusts/endpoint.json'))).to.equal(false);
  });
});
