import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Binaries, binariesIn, onPath } from './binaries.ts';
import { buildBinaries } from './build.ts';
import { userCache } from './cache.ts';
import { cacheKey } from './commands.ts';
import { findFetchingGo, findGo, type Go, type GoSearch } from './go.ts';
import { cachedGo, fetchGo, goArchive } from './go-archive.ts';

/** Where the Go modules lie. */
const modules = dirname(fileURLToPath(import.meta.url));

type Environment = Readonly<Record<string, string | undefined>>;

/** Where an API server comes from. */
export type Source =
  /** Somebody's cluster. */
  | { from: 'cluster'; kubeconfig: string; kubectl: string }
  | { from: 'folder'; folder: string; binaries: Binaries }
  /** It has to be built. */
  | { from: 'go'; go: Go; folder: string }
  /** It has to be built, and Go to be fetched first. */
  | { from: 'network'; none: string; folder: string }
  | { from: 'nowhere'; obstacle: string };

/** Folder of this user that has the binaries, once they are built. */
export function builtFolder(env: Environment): string {
  return join(userCache(env), 'kubernetes', cacheKey(modules, `${process.platform}-${process.arch}`));
}

/** Looks at `TEST_KUBECONFIG`, `KUBEBUILDER_ASSETS`, what was built before, and Go, in this order. */
export function findSource(env: Environment): Source {
  const built = builtFolder(env);
  const assets = env['KUBEBUILDER_ASSETS'];
  const kubeconfig = env['TEST_KUBECONFIG'];
  if (kubeconfig) {
    const kubectl = onPath('kubectl', [assets ?? '', built, env['PATH'] ?? ''].join(':'));
    if (!existsSync(kubeconfig)) return nowhere(`TEST_KUBECONFIG names ${kubeconfig}, which does not exist`);
    if (kubectl === null) return nowhere('TEST_KUBECONFIG needs kubectl on the PATH');
    return { from: 'cluster', kubeconfig, kubectl };
  }
  if (process.platform === 'win32') return nowhere('its servers need a POSIX system, or TEST_KUBECONFIG');
  if (assets) {
    const binaries = binariesIn(assets);
    if (!('etcd' in binaries))
      return nowhere(`KUBEBUILDER_ASSETS names ${assets}, which lacks ${binaries.join(' and ')}`);
    return { from: 'folder', folder: assets, binaries };
  }
  const binaries = binariesIn(built);
  if ('etcd' in binaries && binaries.controllerManager !== null)
    return { from: 'folder', folder: built, binaries };
  const search = searchGo(env);
  if ('go' in search) return { from: 'go', go: search.go, folder: built };
  return { from: 'network', none: search.none, folder: built };
}

const nowhere = (obstacle: string): Source => ({ from: 'nowhere', obstacle });

/**
 * The binaries, built now where they are not yet. `say` gets lines of progress.
 *
 * @throws Error when Go cannot be fetched or does not build them.
 */
export async function obtainBinaries(
  source: Exclude<Source, { from: 'cluster' | 'nowhere' }>,
  env: Environment,
  say: (line: string) => void,
): Promise<{ folder: string; binaries: Binaries }> {
  if (source.from === 'folder') return source;
  const go = source.from === 'go' ? source.go : await fetchSomeGo(source.none, env, say);
  await buildBinaries({ go, modules, out: source.folder, say });
  const binaries = binariesIn(source.folder);
  if (!('etcd' in binaries))
    throw new Error(`${source.folder} lacks ${binaries.join(' and ')} after the build`);
  return { folder: source.folder, binaries };
}

/**
 * A Go that builds the modules: an installed one, the one in the cache, or one that is fetched now.
 *
 * @throws Error when there is none.
 */
export async function obtainGo(env: Environment, say: (line: string) => void): Promise<Go> {
  const search = searchGo(env);
  return 'go' in search ? search.go : fetchSomeGo(search.none, env, say);
}

function searchGo(env: Environment): GoSearch {
  return findGo(['go', cachedGo(userCache(env))], join(modules, 'kubernetes'), env);
}

async function fetchSomeGo(none: string, env: Environment, say: (line: string) => void): Promise<Go> {
  const module = join(modules, 'kubernetes');
  const fetching = findFetchingGo(module, env);
  if ('go' in fetching) return fetching.go;
  const archive = goArchive(`${process.platform}-${process.arch}`);
  say(`${none}. Fetching ${archive.url} into the user cache.`);
  const search = findGo([await fetchGo(userCache(env), archive)], module, env);
  if ('go' in search) return search.go;
  throw new Error(search.none);
}
