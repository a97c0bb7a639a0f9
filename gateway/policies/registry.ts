import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { PolicyKind } from './kind.ts';

/** A kind whose settings have passed its own schema and lint; nobody else knows their type. */
export type AnyPolicyKind = PolicyKind<Readonly<Record<string, unknown>>>;

/** The folders of the built kinds, from sources and from `dist/` alike. */
const BUILT_IN = fileURLToPath(new URL('.', import.meta.url));

/**
 * Finds every policy kind that can run: each folder with a `kind.ts` (`kind.js` where compiled) that exports `kind`.
 *
 * @throws Error when a module exports no kind, is not named as its folder, or two folders hold the same kind
 */
export async function loadKinds(
  dirs: readonly string[] = [BUILT_IN],
): Promise<ReadonlyMap<string, AnyPolicyKind>> {
  const kinds = new Map<string, AnyPolicyKind>();
  for (const dir of dirs) {
    const entries = await readdir(dir, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    for (const name of names.sort()) {
      const file = ['kind.ts', 'kind.js'].map((one) => join(dir, name, one)).find((one) => existsSync(one));
      if (file === undefined) continue;
      if (kinds.has(name)) throw new Error(`policy kind ${name} stands in two folders, the second in ${dir}`);
      const { kind } = (await import(pathToFileURL(file).href)) as { kind?: AnyPolicyKind };
      if (kind?.name !== name) throw new Error(`${file} exports no kind named ${name}`);
      kinds.set(name, kind);
    }
  }
  return kinds;
}
