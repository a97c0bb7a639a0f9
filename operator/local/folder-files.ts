import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const MANIFEST = /\.(ya?ml|json)$/;

/**
 * Paths below `dir` of every manifest file, sorted. Hidden files and folders and the folder `except` are left out.
 * @throws when unreadable
 */
export function manifestFiles(dir: string, except?: string): string[] {
  const found: string[] = [];
  const visited = new Set<string>();
  const visit = (folder: string): void => {
    // Links may lead in a circle.
    const real = realpathSync(folder);
    if (visited.has(real)) return;
    visited.add(real);
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = join(folder, entry.name);
      // Following links lets a mounted ConfigMap, whose files are links, be used as a folder.
      const kind = entry.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : entry;
      if (kind?.isDirectory() && path !== except) visit(path);
      else if (kind?.isFile() && MANIFEST.test(entry.name)) found.push(relative(dir, path));
    }
  };
  visit(dir);
  return found.sort();
}

/** Changes whenever a manifest file below `dir` may have changed. */
export function folderSignature(dir: string, except?: string): string {
  try {
    return manifestFiles(dir, except)
      .map((file) => {
        const stat = statSync(join(dir, file), { throwIfNoEntry: false });
        return `${file}:${stat?.mtimeMs}:${stat?.size}:${stat?.ino}`;
      })
      .join('\n');
  } catch (error) {
    return `unreadable: ${(error as Error).message}`;
  }
}

export function readManifest(dir: string, file: string): string {
  return readFileSync(join(dir, file), 'utf8');
}
