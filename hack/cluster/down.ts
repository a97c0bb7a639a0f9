import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { cgroupFolders, processesIn, removeCgroups } from './cgroups.ts';
import { takeControllersBack } from './controllers.ts';
import type { Layout } from './layout.ts';
import { freeLock, isLocked } from './lock.ts';

/** For processes to end that were killed, and for the kernel to drop their namespaces, in milliseconds. */
const LIMIT_MS = 30_000;
const BETWEEN_MS = 20;
/** Milliseconds for the link to go by itself. */
const LINK_MS = 1_000;

/**
 * Ends a cluster however much of it is there, and removes every trace: nothing in it is worth a good order. Its mounts,
 * network devices and firewall rules are gone with its last process.
 *
 * @returns whether there was anything.
 * @throws Error when the kernel does not let a process go.
 */
export async function removeCluster({ cgroup, controllers, link, state, lock }: Layout): Promise<boolean> {
  const groups = cgroupFolders(cgroup);
  const hasLink = (): boolean => existsSync(`/sys/class/net/${link}`);
  const found = existsSync(state) || hasLink() || groups.some((folder) => existsSync(folder));
  await until(() => {
    const processes = processesIn(groups);
    for (const pid of processes) kill(pid);
    return processes.length === 0;
  }, 'its processes do not end');
  await until(() => removed(groups), 'its control groups are in use');
  takeControllersBack(controllers);
  // The kernel takes the link away with the namespace of its other end, which can take it half a minute.
  await until(() => !hasLink(), `the network device ${link} does not go`, LINK_MS).catch(() =>
    execFileSync('ip', ['link', 'delete', link]),
  );
  await rm(state, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  // One that is held is that of who makes the next one.
  if (!isLocked(lock)) freeLock(lock);
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function removed(groups: readonly string[]): boolean {
  try {
    removeCgroups(groups);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    return false;
  }
}

async function until(holds: () => boolean, otherwise: string, limitMs = LIMIT_MS): Promise<void> {
  const limit = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > limit) throw new Error(`the cluster cannot be removed: ${otherwise}`);
    await delay(BETWEEN_MS);
  }
}
