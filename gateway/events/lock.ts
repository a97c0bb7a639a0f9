import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeOwnFile } from '../contract/own-file.ts';

/** Another process has the folder. */
export class SpoolLockedError extends Error {
  constructor(dir: string) {
    super(
      `the spool ${dir} is in use by another gateway; stop that one, or give this one a folder of its own (--state-dir)`,
    );
    this.name = 'SpoolLockedError';
  }
}

export interface FolderLock {
  release(): void;
}

/**
 * Takes a folder for this process. Node has no file lock of its own, and a file with a process id in it cannot tell a
 * dead owner from a living one inside a container, where every gateway has id 1. So the lock is SQLite's: an
 * exclusive transaction on an empty database, which the kernel lets go when the process dies, however it dies.
 * @throws SpoolLockedError
 */
export function lockFolder(dir: string): FolderLock {
  const file = join(dir, 'lock');
  // SQLite would make it readable for all.
  makeOwnFile(file);
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) throw new SpoolLockedError(dir);
    throw error;
  }
  return { release: () => database.close() };
}
