interface LockEntry {
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
  optionalDependencies?: Record<string, string>;
}

export interface Lock {
  packages: Record<string, LockEntry>;
}

/**
 * Folders of the packages that a workspace needs at run time, as `package-lock.json` places them: found from the lock
 * alone, by the way in which Node looks for packages.
 */
export function lockedPackages({ packages }: Lock, workspace: string): string[] {
  const found = new Set<string>();
  const open = [workspace];
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    const { dependencies, peerDependencies, peerDependenciesMeta, optionalDependencies } =
      packages[from] ?? {};
    const peers = Object.keys(peerDependencies ?? {}).filter(
      (name) => !peerDependenciesMeta?.[name]?.optional,
    );
    for (const name of [...Object.keys(dependencies ?? {}), ...peers]) {
      if (optionalDependencies?.[name] !== undefined) continue;
      const path = locate(packages, from, name);
      if (path === null) throw new Error(`the lock has no ${name} for ${from}`);
      if (!found.has(path)) open.push(path);
      found.add(path);
    }
  }
  return [...found].sort();
}

function locate(packages: Lock['packages'], from: string, name: string): string | null {
  for (let folder = from; ; ) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === '') return null;
    // Up to the package that this one lies in, then to the root.
    folder = folder.includes('/node_modules/') ? folder.slice(0, folder.lastIndexOf('/node_modules/')) : '';
  }
}
