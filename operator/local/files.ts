import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a file so that a reader, and a restart after a crash, sees the old or the new content and nothing between.
 * A power cut may lose both: for what can be made again.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, path);
}

/** What a power cut may not undo: the whole change, or that there is content, be it the one before. */
export type Durability = 'change' | 'content';

/** As `writeFileAtomic`, through a power cut too. Costs one wait for the disk, and a second one for `change`. */
export function writeFileDurable(path: string, content: string, durability: Durability): void {
  const folder = dirname(path);
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeFileSync(file, content);
    // Before the rename: otherwise the name may be there after a power cut and the content not.
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  if (made !== undefined) syncFolders(folder, dirname(made));
  else if (durability === 'change') syncFolder(folder);
}

/** Removes a file, through a power cut too. */
export function removeFileDurable(path: string): void {
  rmSync(path, { force: true });
  syncFolder(dirname(path));
}

/** From the innermost folder to the one in which the first was made. */
function syncFolders(from: string, to: string): void {
  for (let folder = from; ; folder = dirname(folder)) {
    syncFolder(folder);
    if (folder === to || folder === dirname(folder)) return;
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
