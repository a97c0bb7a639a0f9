/**
 * Compiles the sources and puts beside them what they read at run time: `npm run build [-- FOLDER]`, by default `dist`.
 *
 * The folder then needs nothing of the checkout but `node_modules`. Files of an earlier build are removed first, since
 * a policy kind is found by its folder: one that was deleted would stay in force.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const out = resolve(root, process.argv[2] ?? 'dist');

/** Read by path, so that the compiler does not see them: the schemas of the kinds, the CRDs, the form of the modules. */
const RUN_TIME_FILES = [
  'gateway/policies/*/schema.json',
  'crds/*.yaml',
  'operator/store/postgres/migrations/*.sql',
  '{gateway,operator,cli}/package.json',
];

for (const part of ['gateway', 'operator', 'cli', 'crds'])
  rmSync(join(out, part), { recursive: true, force: true });
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const { status, error } = spawnSync(
  process.execPath,
  [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', out],
  { stdio: 'inherit' },
);
if (error !== undefined) throw error;
if (status === 0) {
  for (const file of globSync(RUN_TIME_FILES, { cwd: root })) cpSync(join(root, file), join(out, file));
}
process.exitCode = status ?? 1;
