import { chmodSync, closeSync, openSync, statSync, writeFileSync } from 'node:fs';

/**
 * Makes an empty file that only its owner may read, whatever the folder lets others do. From one that is there already it
 * takes the rights of others away, and leaves what it holds. @throws the system's error
 */
export function makeOwnFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    // Without opening it: to close it would end every lock that this process has on it.
    narrowFile(path);
  }
}

/**
 * Takes the rights of others away from a file, where there is one. Only its owner may: one that another user put there
 * stays as it is. @throws the system's error
 */
export function narrowFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.mode & 0o077) === 0) return;
  try {
    chmodSync(path, found.mode & 0o700);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') throw error;
  }
}

/** Writes a file that only its owner may read: others have no right to it from before the text is in it. @throws the system's error */
export function writeOwnFile(path: string, text: string): void {
  makeOwnFile(path);
  writeFileSync(path, text);
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
