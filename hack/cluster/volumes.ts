import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kubectl } from './kubectl.ts';
import type { Layout } from './layout.ts';
import { volumeName } from './objects.ts';

/** Before the watch begins again, in milliseconds; it ends when the API server does. */
const RESTART_MS = 1_000;

/**
 * Empties every volume whose claim is deleted, so that it serves another one. No provisioner does that for volumes that
 * are made in advance. Never resolves.
 */
export async function reclaimVolumes(
  { paths }: Layout,
  program: string,
  kubectl: Kubectl,
  folders: readonly string[],
): Promise<never> {
  const empty = new Map(folders.map((folder, index) => [volumeName(index), folder]));
  const line = '{.metadata.name} {.status.phase}{"\\n"}';
  const args = ['--kubeconfig', paths.kubeconfig, 'get', 'pv', '--watch', `--output=jsonpath=${line}`];
  for (;;) {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    // That it cannot be run shows by its output, which ends at once.
    child.on('error', () => {});
    for await (const text of createInterface({ input: child.stdout })) {
      const [name = '', phase] = text.split(' ');
      const folder = empty.get(name);
      if (folder === undefined || phase !== 'Released') continue;
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { mode: 0o700 });
      const free = JSON.stringify({ spec: { claimRef: null } });
      // Where the API server is away, the next watch tells of it again.
      await kubectl(['patch', 'pv', name, '--type=merge', '--patch', free]).catch(() => {});
    }
    await delay(RESTART_MS);
  }
}
