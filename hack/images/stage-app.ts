import { spawnSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { APP, FOLDERS, root } from './contents.ts';
import type { ImageKind } from './names.ts';

/**
 * Compiles the sources into a folder, for `stageApp`.
 * @throws Error when the compiler refuses them; what it says goes to standard error
 */
export function buildDist(dist: string): void {
  const { status, error } = spawnSync(process.execPath, [join(root, 'hack/build.ts'), dist], {
    stdio: ['ignore', 2, 2],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error('the sources could not be compiled; the messages are above');
}

/** Puts the program of an image into a folder, out of a build, with the licence. */
export async function stageApp(kind: ImageKind, dist: string, folder: string): Promise<void> {
  for (const name of FOLDERS[kind]) await cp(join(dist, name), join(folder, APP, name), { recursive: true });
  await cp(join(root, 'LICENSE'), join(folder, APP, 'LICENSE'));
  // It says that the files are modules, to Node and to who looks for what is inside.
  await cp(join(dist, kind, 'package.json'), join(folder, APP, 'package.json'));
}
