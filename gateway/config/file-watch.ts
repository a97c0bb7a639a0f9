import { type FSWatcher, watch } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Watcher {
  /** What changes after this is told. Whoever reads the files waits for it first. */
  readonly ready: Promise<void>;
  close(): void;
}

export interface WatchOptions {
  /** How often files are looked at (ms): a belt beside the watch, which some file systems do not serve. */
  pollMs: number;
  /** Changes in quick succession are told once, after so much silence (ms). */
  debounceMs?: number;
  /** Something changed, or may have. */
  changed(): void;
}

const DEBOUNCE_MS = 25;
/** Changes that never pause are told after so much time (ms) all the same. */
const MAX_WAIT_MS = 250;

/**
 * Watches files through their folders: a mounted ConfigMap changes by the swap of a link beside the file, an editor
 * renames a new file over the old one, and both leave a watch on the file itself behind. Never keeps the process alive.
 */
export function watchFiles(paths: () => readonly string[], options: WatchOptions): Watcher {
  return new FolderWatch(paths, options);
}

class FolderWatch implements Watcher {
  readonly ready: Promise<void>;
  readonly #paths: () => readonly string[];
  readonly #options: WatchOptions;
  readonly #folders = new Map<string, { watcher: FSWatcher; identity: string }>();
  readonly #timer: NodeJS.Timeout;
  #debounce: NodeJS.Timeout | undefined;
  #firstUntold: number | null = null;
  #identities = new Map<string, string>();
  #polling = false;
  #closed = false;

  constructor(paths: () => readonly string[], options: WatchOptions) {
    this.#paths = paths;
    this.#options = options;
    this.#timer = setInterval(() => void this.#poll(true), options.pollMs).unref();
    this.ready = this.#poll(false);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#debounce);
    for (const { watcher } of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  #changed(): void {
    if (this.#closed) return;
    const now = performance.now();
    this.#firstUntold ??= now;
    if (now - this.#firstUntold > MAX_WAIT_MS) return;
    clearTimeout(this.#debounce);
    this.#debounce = setTimeout(() => {
      this.#firstUntold = null;
      this.#options.changed();
    }, this.#options.debounceMs ?? DEBOUNCE_MS).unref();
  }

  async #poll(tell: boolean): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    const paths = this.#paths();
    const found = new Map<string, string>();
    for (const path of paths) found.set(path, await identityOf(path));
    for (const folder of new Set(paths.map((path) => dirname(path)))) await this.#watchFolder(folder);
    this.#polling = false;
    const changed = paths.some(
      (path) => this.#identities.has(path) && this.#identities.get(path) !== found.get(path),
    );
    this.#identities = found;
    if (tell && changed) this.#changed();
  }

  /** A folder that was replaced has a new identity and needs a new watch. */
  async #watchFolder(folder: string): Promise<void> {
    const identity = await folderIdentity(folder);
    const known = this.#folders.get(folder);
    if (this.#closed || (known !== undefined && known.identity === identity)) return;
    known?.watcher.close();
    this.#folders.delete(folder);
    if (identity === ABSENT) return;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#changed());
      watcher.on('error', () => {
        watcher.close();
        this.#folders.delete(folder);
      });
      this.#folders.set(folder, { watcher, identity });
    } catch {
      // No watch to be had here: the poll goes on and tries again.
    }
  }
}

const ABSENT = 'absent';

async function identityOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs } = await stat(path);
    return `${dev}:${ino}:${size}:${mtimeMs}`;
  } catch {
    return ABSENT;
  }
}

async function folderIdentity(path: string): Promise<string> {
  try {
    const { dev, ino } = await stat(path);
    return `${dev}:${ino}`;
  } catch {
    return ABSENT;
  }
}
