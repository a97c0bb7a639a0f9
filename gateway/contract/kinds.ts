import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { KindContract, KindContracts, SettingsSchema } from './kind-contract.ts';
import type { KindLint } from './lint-finding.ts';

export type { KindContract, KindContracts } from './kind-contract.ts';
export { KIND_NAMES } from './kind-names.ts';

/** The folders of the built kinds, from sources and from `dist/` alike. */
const BUILT_IN = fileURLToPath(new URL('../policies', import.meta.url));

/**
 * Finds every policy kind: each folder with a `schema.json` and a `lint.ts` (`lint.js` where compiled). Further folders
 * may be given, so that a kind can be added without touching a file.
 *
 * @throws Error when a schema is not JSON, a module has no `lint`, or two folders hold the same kind
 */
export async function loadKindContracts(dirs: readonly string[] = [BUILT_IN]): Promise<KindContracts> {
  const kinds = new Map<string, KindContract>();
  for (const dir of dirs) {
    const entries = await readdir(dir, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    for (const name of names.sort()) {
      const kind = await loadKind(join(dir, name), name);
      if (kind === null) continue;
      if (kinds.has(name)) throw new Error(`policy kind ${name} stands in two folders, the second in ${dir}`);
      kinds.set(name, kind);
    }
  }
  return kinds;
}

async function loadKind(folder: string, name: string): Promise<KindContract | null> {
  const schemaFile = join(folder, 'schema.json');
  const lintFile = ['lint.ts', 'lint.js'].map((file) => join(folder, file)).find((file) => existsSync(file));
  if (lintFile === undefined || !existsSync(schemaFile)) return null;
  const schema = JSON.parse(await readFile(schemaFile, 'utf8')) as SettingsSchema;
  const module = (await import(pathToFileURL(lintFile).href)) as { lint?: unknown };
  if (typeof module.lint !== 'function') throw new Error(`${lintFile} exports no function named lint`);
  return { name, schema, lint: module.lint as KindLint };
}
