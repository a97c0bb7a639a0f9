import { readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';

/** Takes the lock for this process. False when another process that still runs has it. */
export function takeLock(file: string): boolean {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isLocked(file)) return false;
    rmSync(file, { force: true });
  }
}

/** Whether a process that still runs has the lock, be it this one. */
export function isLocked(file: string): boolean {
  const pid = Number(readOr(() => readFileSync(file, 'utf8')));
  // Another program may have got the id of one that was killed.
  return pid > 0 && readOr(() => readlinkSync(`/proc/${pid}/exe`)) === process.execPath;
}

export function freeLock(file: string): void {
  rmSync(file, { force: true });
}

function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
