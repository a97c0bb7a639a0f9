import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ensureFolder, writeState } from '../../gateway/contract/ensure-folder.ts';
import { makeOwnFile } from '../../gateway/contract/own-file.ts';

/** Another control plane works with the folder. */
export class StateInUse extends Error {
  constructor(dir: string) {
    super(
      `${dir} is in use by another control plane. Stop that one, or give this one its own folder with --state-dir.`,
    );
    this.name = 'StateInUse';
  }
}

/**
 * Takes the state folder for this process. The lock is an exclusive transaction on an empty database, which the
 * kernel lets go when the process dies, however it dies; Node has no file lock of its own.
 * @throws StateInUse, StateFolderError
 */
export function lockState(dir: string): { release(): void } {
  ensureFolder(dir);
  const file = join(dir, 'control-plane.lock');
  // SQLite would make it readable for all.
  writeState(dir, () => makeOwnFile(file));
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) throw new StateInUse(dir);
    throw error;
  }
  return { release: () => database.close() };
}
