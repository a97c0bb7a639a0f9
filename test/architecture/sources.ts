import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export interface SourceFile {
  /** Path from the root, with `/`. */
  path: string;
  text: string;
  /** Paths from the root that it imports, types included. */
  local: string[];
  /** Names of packages that it imports at run time, and of `node:` modules. */
  packages: string[];
}

const STATEMENT = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/g;
const DYNAMIC = /\bimport(?:\.meta\.resolve)?\(\s*['"]([^'"]+)['"]\s*\)/g;
const RESOLVE = /new URL\(\s*['"](\.[^'"]+\.ts)['"]\s*,\s*import\.meta\.url\s*\)/g;

/** `@scope/name/sub` and `name/sub` without the sub path. */
function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Reads one file. `path` is from the root. */
export function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const local = new Set<string>();
  const packages = new Set<string>();
  const note = (specifier: string, typeOnly: boolean): void => {
    if (specifier.startsWith('.')) local.add(normalize(join(dirname(path), specifier)));
    else if (specifier.startsWith('node:')) packages.add(specifier);
    else if (!typeOnly) packages.add(packageName(specifier));
  };
  for (const [, type, specifier] of text.matchAll(STATEMENT)) note(specifier!, type !== undefined);
  for (const [, specifier] of text.matchAll(DYNAMIC)) note(specifier!, false);
  for (const [, specifier] of text.matchAll(RESOLVE)) note(specifier!, false);
  return { path, text, local: [...local], packages: [...packages] };
}

/** Every source file of the product, tests and tools left out. */
export const sources: ReadonlyMap<string, SourceFile> = new Map(
  globSync('{gateway,operator,cli,crds}/**/*.ts', {
    cwd: root,
    exclude: (name) => String(name).includes('node_modules'),
  })
    .map((file) => relative('.', String(file)))
    .sort()
    .map((path) => [path, readSource(path)]),
);

/** Every script that builds, checks or measures the product, or makes surroundings for its tests. */
export const tools: readonly SourceFile[] = globSync('hack/**/*.ts', { cwd: root })
  .map((file) => relative('.', String(file)))
  .sort()
  .map((path) => readSource(path));
