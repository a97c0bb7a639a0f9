import { readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Process, processes } from './processes.ts';

const NAME = 'keeptrusts-api-server-';
const SERVERS: readonly string[] = ['etcd', 'kube-apiserver', 'kube-controller-manager'];

/** Start of the path of a run's folder. It holds the supervisor's process id, so that others can see whether it lives. */
export function folderPrefix(supervisor: number, parent = tmpdir()): string {
  return join(parent, `${NAME}${supervisor}-`);
}

/** Folders of runs whose supervisor is gone, among the names in the folder of temporary files. */
export function leftOver(names: readonly string[], running: readonly Process[]): string[] {
  const supervisors = new Set(
    running.filter(({ args }) => args.some((arg) => arg.endsWith('supervisor.ts'))).map(({ pid }) => pid),
  );
  return names.filter((name) => {
    const pid = /^keeptrusts-api-server-(\d+)-/.exec(name)?.[1];
    return pid !== undefined && !supervisors.has(Number(pid));
  });
}

/** Servers that run over a folder. */
export function serversOf(folder: string, running: readonly Process[]): Process[] {
  return running.filter(
    ({ args: [command = '', ...args] }) =>
      SERVERS.includes(basename(command)) && args.some((arg) => arg.includes(`${folder}/`)),
  );
}

/**
 * Removes what runs left over whose supervisor was killed: their servers and their folders. Those of other users stay.
 */
export function sweep(parent = tmpdir()): void {
  const names = readdirSync(parent).filter((name) => name.startsWith(NAME));
  if (names.length === 0) return;
  const running = processes();
  for (const name of leftOver(names, running)) {
    const folder = join(parent, name);
    try {
      for (const { pid } of serversOf(folder, running)) process.kill(pid, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    } catch {
      // It belongs to another user, who sweeps it at a start of theirs, or another start sweeps it now.
    }
  }
}
