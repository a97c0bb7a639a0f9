import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { scratchFolder, userCache } from '../api-server/cache.ts';
import { type Layer, writeLayer } from './archive.ts';
import { folderEntries } from './tar.ts';

/** A layer in the cache. */
export interface KeptLayer extends Layer {
  /** Bytes of the layer as a registry would keep it (gzip). */
  compressed: number;
  /** Whether it was made now. */
  isNew: boolean;
}

/** Layers that nobody used for so long (ms) are removed when one of their name is made. */
const KEPT_MS = 7 * 24 * 3600_000;

/** Layers of this user by what they are made of, so that a change rebuilds only what it touches. */
export class LayerCache {
  readonly #folder: string;

  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#folder = join(userCache(env), 'images');
  }

  /**
   * The layer of that key, made now if there is none.
   *
   * @param stage puts what the layer holds into an empty folder
   */
  async layer(name: string, key: string, stage: (folder: string) => Promise<void>): Promise<KeptLayer> {
    const file = join(this.#folder, `${name}-${key}.tar`);
    const kept = await this.#find(file);
    if (kept !== null) return { ...kept, isNew: false };
    const scratch = await scratchFolder(file);
    try {
      const tree = join(scratch, 'tree');
      await mkdir(tree);
      await stage(tree);
      const layer = await writeLayer(folderEntries(tree), file);
      const compressed = await gzipSize(file);
      await writeFile(noteOf(file), JSON.stringify({ digest: layer.digest, size: layer.size, compressed }));
      await this.#forget(name);
      return { ...layer, compressed, isNew: true };
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async #find(file: string): Promise<(Layer & { compressed: number }) | null> {
    try {
      const note = JSON.parse(await readFile(noteOf(file), 'utf8'));
      if ((await stat(file)).size !== note.size) return null;
      await utimes(file, new Date(), new Date());
      return { file, ...note };
    } catch {
      // Absent, or half made by a build that was ended.
      return null;
    }
  }

  async #forget(name: string): Promise<void> {
    for (const other of await readdir(this.#folder)) {
      if (!other.startsWith(`${name}-`) || !other.endsWith('.tar')) continue;
      const file = join(this.#folder, other);
      const used = await stat(file).catch(() => null);
      if (used === null || Date.now() - used.mtimeMs < KEPT_MS) continue;
      for (const one of [noteOf(file), file]) await rm(one, { force: true });
    }
  }
}

/** A short key for what something is made of. */
export function keyOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24);
}

/** SHA-256 over the names and contents of files. */
export async function hashFiles(root: string, paths: Iterable<string>): Promise<string> {
  const hash = createHash('sha256');
  for (const path of [...paths].sort()) {
    const file = join(root, path);
    hash.update(`${path}\0${(await stat(file)).size}\0`);
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  }
  return hash.digest('hex');
}

const noteOf = (file: string): string => `${file}.json`;

async function gzipSize(file: string): Promise<number> {
  let size = 0;
  await pipeline(createReadStream(file), createGzip(), async (chunks) => {
    for await (const chunk of chunks) size += chunk.length;
  });
  return size;
}
