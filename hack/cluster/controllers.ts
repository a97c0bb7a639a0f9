import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Version 2 gives a group those controllers that its parent passes on. */
const WANTED: readonly string[] = ['cpu', 'cpuset', 'io', 'memory', 'pids', 'hugetlb'];

/** What was changed at the groups of the machine, to be changed back. */
interface Record {
  /** Of the machine's present run: another begins with settings of its own. */
  boot: string;
  /** By the parent's folder, controllers that it did not pass on before. */
  added: { [parent: string]: string[] };
}

/** Makes a group pass on what a cluster needs, and notes in a file what it did not pass on before. */
export function passControllersOn(parent: string, file: string): void {
  const control = join(parent, 'cgroup.subtree_control');
  if (!existsSync(control)) return;
  const available = words(join(parent, 'cgroup.controllers'));
  const passed = words(control);
  const missing = WANTED.filter((name) => available.includes(name) && !passed.includes(name));
  if (missing.length === 0) return;
  const { boot, added } = readRecord(file);
  // Before it is done, so that it is known of whoever is killed in between.
  write(file, { boot, added: { ...added, [parent]: [...new Set([...(added[parent] ?? []), ...missing])] } });
  for (const name of missing) writeFileSync(control, `+${name}`);
}

/** Takes it back. What a group below still needs, such as another cluster's, stays noted for whoever ends that. */
export function takeControllersBack(file: string): void {
  const { boot, added } = readRecord(file);
  const inUse = Object.entries(added).map(([parent, names]): [string, string[]] => {
    const control = join(parent, 'cgroup.subtree_control');
    return [parent, names.filter((name) => existsSync(control) && !take(control, name))];
  });
  const left = inUse.filter(([, names]) => names.length > 0);
  if (left.length === 0) rmSync(file, { force: true });
  else write(file, { boot, added: Object.fromEntries(left) });
}

/** False where it is in use. */
function take(control: string, name: string): boolean {
  try {
    writeFileSync(control, `-${name}`);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    return false;
  }
}

function readRecord(file: string): Record {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  try {
    const record = JSON.parse(readFileSync(file, 'utf8')) as Record;
    if (record.boot === boot) return record;
  } catch {
    // Nothing was noted.
  }
  return { boot, added: {} };
}

function write(file: string, record: Record): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(record));
}

function words(file: string): string[] {
  return readFileSync(file, 'utf8').split(/\s+/).filter(Boolean);
}
