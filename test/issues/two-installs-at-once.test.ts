import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { TestFolder } from '../fakes/folder.ts';
import { root } from '../fakes/kt-process.ts';

/** An `npm` that removes everything first, as `npm ci` does, and takes its time. */
const NPM = '#!/bin/sh\necho "$@" >> runs\nrm -rf node_modules\nsleep 0.4\nmkdir -p node_modules/a\n';

/** Two commands on a checkout that was not installed yet ran `npm ci` at once, and one removed what the other wrote. */
describe('issue: two launchers install at once', () => {
  let checkout: TestFolder;
  beforeEach(() => {
    checkout = new TestFolder();
    copyFileSync(join(root, 'launcher.js'), checkout.file('launcher.js'));
    checkout.write('package.json', '{"type":"module"}');
    checkout.write('package-lock.json', '{}');
    checkout.write('gateway/package.json', '{"config":{"nodeFlags":[]}}');
    checkout.write('hello.js', 'console.log("hello")');
    checkout.write('bin/npm', NPM);
    chmodSync(checkout.file('bin/npm'), 0o755);
  });
  afterEach(() => checkout.remove());

  const launch = (): Promise<string> => {
    const env = {
      ...process.env,
      PATH: `${checkout.file('bin')}:${dirname(process.execPath)}:/usr/bin:/bin`,
    };
    return new Promise((resolve) => {
      execFile(process.execPath, [checkout.file('launcher.js'), 'hello.js'], { env }, (error, out, err) =>
        resolve(error === null ? out : `${String(error)} ${err}`),
      );
    });
  };
  const runs = (): number => readFileSync(checkout.file('runs'), 'utf8').trim().split('\n').length;

  it('one does, and the others wait for it', async () => {
    expect(await Promise.all([launch(), launch(), launch()])).to.deep.equal([
      'hello\n',
      'hello\n',
      'hello\n',
    ]);
    expect(runs()).to.equal(1);
    expect(existsSync(checkout.file('.keeptrusts-install'))).to.equal(false);
  });

  it('nobody waits for one that was killed', async () => {
    checkout.write('.keeptrusts-install', '999999999');
    expect(await launch()).to.equal('hello\n');
    expect(runs()).to.equal(1);
  });

  it('nobody waits for one whose npm failed', async () => {
    checkout.write('bin/npm', '#!/bin/sh\nexit 1\n');
    expect(await launch()).to.contain('npm ci failed');
    checkout.write('bin/npm', NPM);
    expect(await launch()).to.equal('hello\n');
  });
});
