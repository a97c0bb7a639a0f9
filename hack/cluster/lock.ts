import { readFileSync, readlinkSync, rmSync } from 'node:fs';
import { makeExclusive } from './exclusive.ts';

/** Takes the lock for this process. False when another process that still runs has it, or this one. */
export function takeLock(file: string): boolean {
  return makeExclusive(file, String(process.pid), (content) => !isHeld(content));
}

/** Whether a process that still runs has the lock, be it this one. */
export function isLocked(file: string): boolean {
  return isHeld(readOr(() => readFileSync(file, 'utf8')));
}

export function freeLock(file: string): void {
  rmSync(file, { force: true });
}

function isHeld(content: string): boolean {
  const pid = Number(content);
  // Another program may have got the id of one that was killed.
  return pid > 0 && readOr(() => readlinkSync(`/proc/${pid}/exe`)) === process.execPath;
}

function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
