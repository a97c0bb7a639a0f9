import { type ChildProcess, spawn } from 'node:child_process';
import {
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cgroupFolders, makeCgroups } from './cgroups.ts';
import { removeCluster } from './down.ts';
import { type Layout, NODE_NAME, network, npmCommand } from './layout.ts';
import { freeLock, isLocked, takeLock } from './lock.ts';
import { hostOf, type Machine } from './machine.ts';
import { writeOptions } from './options.ts';
import { clusterProcesses } from './processes.ts';

const BETWEEN_MS = 100;
/** Milliseconds for one that nobody starts any more to come up by itself; twice what one part is given. */
const COMES_UP_MS = 240_000;
const ENDED = 'The cluster ended before it was ready.';
const scriptBeside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface UpOptions {
  layout: Layout;
  machine: Machine;
  programs: Readonly<Record<string, string>>;
  /** Archives of images to have from the start. */
  images: readonly string[];
  /** Who gets the kubeconfigs: ids of a user and a group. */
  owner: readonly [user: number, group: number] | null;
  say(line: string): void;
}

/** Whether a cluster runs here, or somebody is about to start one. */
export function isUp(layout: Layout): boolean {
  return clusterProcesses(layout).length > 0 || isLocked(layout.lock);
}

/** Resolves when the cluster that somebody started can be used. @throws Error when it will never be ready */
export async function joinUp(layout: Layout, say: (line: string) => void): Promise<void> {
  const limit = performance.now() + COMES_UP_MS;
  await follow(layout, say, () =>
    whyNeverReady(layout, {
      runs: clusterProcesses(layout).length > 0,
      isStarted: isLocked(layout.lock),
      hasFolder: existsSync(layout.paths.options),
      isLate: performance.now() > limit,
    }),
  );
}

/** What is seen of a cluster that is not ready. */
export interface Seen {
  runs: boolean;
  /** Somebody starts it at this moment. */
  isStarted: boolean;
  /** What it was started with is there. */
  hasFolder: boolean;
  /** It was waited with for long. */
  isLate: boolean;
}

/** Why it will not be ready, in words for people; null where it may be. */
export function whyNeverReady(layout: Layout, { runs, isStarted, hasFolder, isLate }: Seen): string | null {
  if (isStarted) return null;
  if (!runs) return ENDED;
  const remedy = `${npmCommand(layout, 'down')} removes it.`;
  if (!hasFolder) return `The folder ${layout.state} of the cluster that runs here is gone: ${remedy}`;
  return isLate ? `The cluster that runs here does not get ready: ${remedy}` : null;
}

/**
 * Makes a cluster, after it removed what one left that was not ended in order. It runs until `removeCluster`.
 *
 * @throws Error when somebody else makes one at this moment, or a part does not get ready; nothing is left then.
 */
export async function bringClusterUp(options: UpOptions): Promise<void> {
  const { layout, say } = options;
  mkdirSync(dirname(layout.state), { recursive: true });
  if (!takeLock(layout.lock)) throw new Error('Somebody else starts a cluster here at this moment.');
  try {
    if (await removeCluster(layout)) say('Removed what an earlier cluster left');
    await start(options);
  } catch (error) {
    await removeCluster(layout);
    throw error;
  } finally {
    freeLock(layout.lock);
  }
}

async function start({ layout, machine, programs, images, owner, say }: UpOptions): Promise<void> {
  const { state, paths } = layout;
  for (const folder of [state, paths.logs, paths.bin]) mkdirSync(folder, { mode: 0o755 });
  // Those of the user who builds may lie where others cannot look.
  copyFileSync(programs['kubectl']!, `${paths.bin}/kubectl`);
  writeOptions(layout, { programs, images, host: hostOf(machine, state) });
  const groups = cgroupFolders(layout.cgroup);
  makeCgroups(groups, layout.controllers);
  const child = launch(layout, machine, groups);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  await follow(layout, say, () => (ended ? ENDED : null));
  if (owner !== null) for (const path of kubeconfigs(layout)) chownSync(path, ...owner);
  child.unref();
}

/** In a session of its own and without the environment of this one: it outlives the terminal. */
function launch(layout: Layout, { path }: Machine, groups: readonly string[]): ChildProcess {
  const { state, link, nodeAddress, hostAddress, paths, place } = layout;
  const surroundings = [state, link, NODE_NAME, nodeAddress, hostAddress, String(network.prefix)];
  const supervisor = [process.execPath, scriptBeside('./supervisor.ts'), place];
  const log = openSync(paths.progress, 'a');
  const child = spawn(
    'sh',
    [scriptBeside('./init.sh'), 'join', ...surroundings, groups.join(':'), ...supervisor],
    {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: path, HOME: '/root', LANG: 'C.UTF-8' },
    },
  );
  closeSync(log);
  return child;
}

/** Passes on what the supervisor tells until the cluster is ready. @throws Error with what says that it never will be */
async function follow(
  { paths }: Layout,
  say: (line: string) => void,
  obstacle: () => string | null,
): Promise<void> {
  let told = 0;
  const tell = (): void => {
    const lines = existsSync(paths.progress) ? readFileSync(paths.progress, 'utf8').split('\n') : [];
    for (const line of lines.slice(told, -1)) say(line);
    told = Math.max(told, lines.length - 1);
  };
  while (!existsSync(paths.ready)) {
    const why = obstacle();
    tell();
    if (why !== null) throw new Error(why);
    await delay(BETWEEN_MS);
  }
  tell();
}

function kubeconfigs({ paths }: Layout): string[] {
  const people = readdirSync(paths.people).map((name) => `${paths.people}/${name}`);
  return [paths.kubeconfig, paths.people, ...people];
}
