import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { passControllersOn } from './controllers.ts';

const MOUNT = '/sys/fs/cgroup';

/** Folders of the cluster's control groups: one with version 2, one for each hierarchy with version 1. */
export function cgroupFolders(cgroup: string, mount = MOUNT): string[] {
  const names = hierarchies(readFileSync('/proc/self/cgroup', 'utf8'));
  if (names.length === 0) return [join(mount, cgroup)];
  return names
    .map((name) => join(mount, name))
    .filter((folder) => existsSync(join(folder, 'cgroup.procs')))
    .map((folder) => join(folder, cgroup));
}

/** Names of the hierarchies of version 1, from the text of `/proc/self/cgroup`. */
export function hierarchies(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.split(':')[1] ?? '')
    .filter((controllers) => controllers !== '')
    .map((controllers) => controllers.replace(/^name=/, ''));
}

/** Makes them, each with a group `init` for what is no pod. `controllers`: where changes of the groups above are noted. */
export function makeCgroups(folders: readonly string[], controllers: string): void {
  for (const folder of folders) {
    passControllersOn(join(folder, '..'), controllers);
    for (const each of [folder, join(folder, 'init')]) {
      mkdirSync(each, { recursive: true });
      inheritCpuset(each);
    }
  }
}

/** Processes in them and below, by the host's ids. */
export function processesIn(folders: readonly string[]): number[] {
  const ids = folders.flatMap((folder) =>
    groupsBelow(folder).flatMap((group) => lines(join(group, 'cgroup.procs')).map(Number)),
  );
  return [...new Set(ids)];
}

/**
 * Removes them with all below.
 *
 * @throws Error of code `EBUSY` while one has a process.
 */
export function removeCgroups(folders: readonly string[]): void {
  for (const folder of folders) for (const group of groupsBelow(folder)) rmdirSync(group);
}

/** A group and those below it, the lowest first. */
function groupsBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .concat(folder)
    .sort((a, b) => b.length - a.length);
}

/** With version 1 a new group has no processor and no memory until somebody says which. */
function inheritCpuset(folder: string): void {
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    const file = join(folder, name);
    if (existsSync(file) && !existsSync(join(folder, 'cgroup.controllers')) && lines(file).length === 0)
      writeFileSync(file, readFileSync(join(folder, '..', name)));
  }
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    // A group that somebody removes at this moment.
    return [];
  }
}
