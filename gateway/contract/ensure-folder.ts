import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** A folder for state cannot be made or written. Its message is one line for people. */
export class StateFolderError extends Error {
  constructor(dir: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    super(`the state folder ${dir} cannot be written (${code}): name another with --state-dir.`, { cause });
    this.name = 'StateFolderError';
  }
}

/**
 * Makes a folder with its parents, readable by its owner only, and checks that it can be written.
 * Parents are made one by one: `mkdirSync` with `recursive` never ends where a file system answers ENOENT to a
 * `mkdir` below a folder that is there, as /proc does.
 * @throws StateFolderError
 */
export function ensureFolder(dir: string): void {
  try {
    makeFolder(resolve(dir));
    accessSync(dir, constants.W_OK);
  } catch (error) {
    throw new StateFolderError(dir, error);
  }
}

/** Writes into a folder for state. @throws StateFolderError where the system refuses it */
export function writeState<T>(dir: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new StateFolderError(dir, error);
  }
}

function makeFolder(dir: string): void {
  if (isFolder(dir)) return;
  const parent = dirname(dir);
  if (parent !== dir) makeFolder(parent);
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(dir)) throw error;
  }
}

function isFolder(dir: string): boolean {
  return statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true;
}
