import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kubectl } from './kubectl.ts';
import type { Layout } from './layout.ts';
import { volumeName } from './objects.ts';

/** Before the watch begins again, in milliseconds; it ends when the API server does. */
const RESTART_MS = 1_000;

export interface ReclaimOptions {
  layout: Layout;
  /** Path of kubectl. */
  program: string;
  kubectl: Kubectl;
  /** Of the volumes, in their order. */
  folders: readonly string[];
  say(line: string): void;
}

/**
 * Empties every volume whose claim is deleted, so that it serves another one. No provisioner does that for volumes that
 * are made in advance. Never resolves, and never rejects: a cluster is worth more than a volume.
 */
export async function reclaimVolumes(options: ReclaimOptions): Promise<never> {
  const told = new Set<string>();
  // A volume that cannot be emptied is tried at each new watch.
  const say = (line: string): void => {
    if (!told.has(line)) options.say(line);
    told.add(line);
  };
  for (;;) {
    await watchVolumes({ ...options, say });
    await delay(RESTART_MS);
  }
}

/** Does so until the watch ends, which it does as well where a volume could not be emptied. */
export async function watchVolumes({
  layout,
  program,
  kubectl,
  folders,
  say,
}: ReclaimOptions): Promise<void> {
  const empty = new Map(folders.map((folder, index) => [volumeName(index), folder]));
  const line = '{.metadata.name} {.status.phase}{"\\n"}';
  const { kubeconfig } = layout.paths;
  const args = ['--kubeconfig', kubeconfig, 'get', 'pv', '--watch', `--output=jsonpath=${line}`];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  // That it cannot be run shows by its output, which ends at once.
  child.on('error', () => {});
  for await (const text of createInterface({ input: child.stdout })) {
    const [name = '', phase] = text.split(' ');
    const folder = empty.get(name);
    if (folder === undefined || phase !== 'Released') continue;
    try {
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
      await mkdir(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      say(`Volume ${name} cannot be emptied: ${(error as Error).message}`);
      child.kill();
      continue;
    }
    const free = JSON.stringify({ spec: { claimRef: null } });
    // Where the API server is away, the next watch tells of it again.
    await kubectl(['patch', 'pv', name, '--type=merge', '--patch', free]).catch(() => {});
  }
}
