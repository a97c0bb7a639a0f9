import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { cgroupFolders, processesIn } from './cgroups.ts';
import { type Layout, npmCommand } from './layout.ts';

/** Processes of the cluster by the host's ids; none when it does not run. */
export function clusterProcesses({ cgroup }: Layout): number[] {
  return processesIn(cgroupFolders(cgroup));
}

/** Process 1 of the cluster, by the host's id, or null when it does not run or is just about to. */
export function initProcess(layout: Layout): number | null {
  return clusterProcesses(layout).find((pid) => /^NSpid:\s+\d+\s+1$/m.test(read(pid, 'status'))) ?? null;
}

/**
 * The command that runs this one in the network of the node, where pods and Services can be reached by their addresses.
 * What listens there can be reached from this machine at `layout.nodeAddress`.
 *
 * @throws Error when there is no cluster.
 */
export function inNetwork(layout: Layout, command: readonly string[]): string[] {
  const init = initProcess(layout);
  if (init === null) throw new Error(`no cluster runs here: ${npmCommand(layout, 'up')}`);
  return ['nsenter', '--target', String(init), '--net', '--', ...command];
}

/** Processes of a part, such as `kubelet`. */
export function processesOf(layout: Layout, part: string): number[] {
  return clusterProcesses(layout).filter(
    (pid) => basename(read(pid, 'cmdline').split('\0')[0] ?? '') === part,
  );
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
