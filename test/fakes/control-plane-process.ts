/** A control plane with the fake gateway, as a process of its own that a test can kill: FOLDER STATE_DIR. */
import { fileURLToPath } from 'node:url';
import { startControlPlane } from '../../operator/control-plane.ts';
import { folderSurroundings } from '../../operator/local/folder.ts';
import { localDeps } from '../../operator/local-deps.ts';
import { silentLog } from '../../operator/runtime/log.ts';

const [folder = '', stateDir = ''] = process.argv.slice(2);
const fake = fileURLToPath(new URL('gateway-process.ts', import.meta.url));
const options = { folder, stateDir, host: '127.0.0.1', apiPort: 0, gatewayPort: 0, maxGraceMs: 2000 };
const deps = {
  ...(await localDeps(process.execPath, process.platform)),
  gatewayCommand: [process.execPath, fake] as [string, string],
  log: silentLog,
  secretVariables: {},
  report: () => {},
  lost: () => {},
};
const running = await startControlPlane(
  options,
  deps,
  folderSurroundings(options, deps),
  new AbortController().signal,
);
const timer = setInterval(() => {
  const instance = running.instances()[0];
  if (instance?.ready !== true) return;
  clearInterval(timer);
  process.stdout.write(`${instance.pid}\n`);
}, 20);
