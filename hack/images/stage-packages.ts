import { spawnSync } from 'node:child_process';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { APP, root } from './contents.ts';
import type { ImageKind } from './names.ts';

/** What npm reads to know a workspace's packages. */
export const MANIFESTS = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'gateway/package.json',
  'operator/package.json',
  'cli/package.json',
] as const;

/**
 * Puts the packages that a workspace needs at run time into a folder, as the lock file has them, each checked against
 * its hash. Scripts of packages are not run, and what a package calls optional is left out: of ours, the other Nodes
 * and the quicker twins of `recheck`, a Java archive and a program of 29 MB.
 *
 * @throws Error with what npm said
 */
export async function stagePackages(kind: ImageKind, folder: string): Promise<void> {
  const work = `${folder}.npm`;
  await rm(work, { recursive: true, force: true });
  for (const file of MANIFESTS) await cp(join(root, file), join(work, file));
  const args = ['ci', '--workspace', kind, '--omit=dev', '--omit=optional', '--ignore-scripts'];
  const { status, stderr, error } = spawnSync(
    'npm',
    [...args, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: work, encoding: 'utf8' },
  );
  if (error !== undefined) throw new Error(`npm could not be started: ${error.message}`);
  if (status !== 0) throw new Error(`npm ci failed for ${kind}:\n${stderr.trim()}`);
  const packages = join(work, 'node_modules');
  // Links: to the workspaces, which are no packages here, and to commands, which nobody calls.
  for (const links of ['@keeptrusts', '.bin'])
    await rm(join(packages, links), { recursive: true, force: true });
  const target = join(folder, APP, 'node_modules');
  await mkdir(dirname(target), { recursive: true });
  await rename(packages, target);
  await rm(work, { recursive: true, force: true });
}
