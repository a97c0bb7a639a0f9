import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { cgroupFolders, processesIn } from './cgroups.ts';

/** Processes of the cluster by the host's ids; none when it does not run. */
export function clusterProcesses(): number[] {
  return processesIn(cgroupFolders());
}

/** Process 1 of the cluster, by the host's id, or null when it does not run or is just about to. */
export function initProcess(): number | null {
  return clusterProcesses().find((pid) => /^NSpid:\s+\d+\s+1$/m.test(read(pid, 'status'))) ?? null;
}

/** Processes of a part, such as `kubelet`. */
export function processesOf(part: string): number[] {
  return clusterProcesses().filter((pid) => basename(read(pid, 'cmdline').split('\0')[0] ?? '') === part);
}

/** Whether a process runs that was started with an argument that ends so. */
export function runs(pid: number, argument: string): boolean {
  return read(pid, 'cmdline')
    .split('\0')
    .some((each) => each.endsWith(argument));
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
