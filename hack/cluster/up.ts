import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cgroupFolders, makeCgroups } from './cgroups.ts';
import { removeCluster } from './down.ts';
import { HOST_LINK, NODE_NAME, network, paths, STATE } from './layout.ts';
import { hostOf, type Machine } from './machine.ts';
import { writeOptions } from './options.ts';
import { clusterProcesses, runs } from './processes.ts';

const BETWEEN_MS = 100;
const starterFile = `${STATE}/starter`;
const scriptBeside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export interface UpOptions {
  machine: Machine;
  programs: Readonly<Record<string, string>>;
  images: readonly string[];
  say(line: string): void;
}

/** Whether a cluster runs here, or somebody is about to start one. */
export function isUp(): boolean {
  return clusterProcesses().length > 0 || starterRuns();
}

/** Resolves when the cluster that somebody started can be used. @throws Error when it ends before */
export async function joinUp(say: (line: string) => void): Promise<void> {
  await follow(say, () => !isUp());
}

/**
 * Makes a cluster, after it removed what one left that was not ended in order. It runs until `removeCluster`.
 *
 * @throws Error when a part does not get ready; nothing is left then.
 */
export async function bringClusterUp({ machine, programs, images, say }: UpOptions): Promise<void> {
  if (await removeCluster()) say('Removed what an earlier cluster left');
  mkdirSync(dirname(STATE), { recursive: true });
  // Fails when somebody else makes one at this moment.
  mkdirSync(STATE, { mode: 0o755 });
  writeFileSync(starterFile, String(process.pid));
  mkdirSync(paths.logs);
  writeOptions({ programs, images, host: hostOf(machine, STATE) });
  const groups = cgroupFolders();
  makeCgroups(groups);
  const child = launch(machine, groups);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  try {
    await follow(say, () => ended);
  } catch (error) {
    await removeCluster();
    throw error;
  }
  child.unref();
}

/** In a session of its own and without the environment of this one: it outlives the terminal. */
function launch(machine: Machine, groups: readonly string[]): ReturnType<typeof spawn> {
  const { node, host, prefix } = network;
  const place = [STATE, HOST_LINK, NODE_NAME, node, host, String(prefix), groups.join(':')];
  const log = openSync(paths.progress, 'a');
  const child = spawn(
    'sh',
    [scriptBeside('./init.sh'), 'join', ...place, process.execPath, scriptBeside('./supervisor.ts')],
    {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: machine.path, HOME: '/root', LANG: 'C.UTF-8' },
    },
  );
  closeSync(log);
  return child;
}

/** Passes on what the supervisor tells until the cluster is ready. @throws Error when it has ended */
async function follow(say: (line: string) => void, hasEnded: () => boolean): Promise<void> {
  let told = 0;
  const tell = (): void => {
    const lines = existsSync(paths.progress) ? readFileSync(paths.progress, 'utf8').split('\n') : [];
    for (const line of lines.slice(told, -1)) say(line);
    told = Math.max(told, lines.length - 1);
  };
  while (!existsSync(paths.ready)) {
    const ended = hasEnded();
    tell();
    if (ended) throw new Error('the cluster ended before it was ready');
    await delay(BETWEEN_MS);
  }
  tell();
}

function starterRuns(): boolean {
  if (!existsSync(starterFile) || existsSync(paths.ready)) return false;
  const pid = Number(readFileSync(starterFile, 'utf8'));
  return pid !== process.pid && runs(pid, 'hack/cluster/main.ts');
}
