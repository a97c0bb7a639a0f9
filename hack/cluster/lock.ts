import { readFileSync, rmSync } from 'node:fs';
import { makeExclusive } from './exclusive.ts';
import { processAt } from './process-at.ts';

/** Takes the lock for this process. False when another process that still runs has it, or this one. */
export function takeLock(file: string): boolean {
  const content = `${process.pid} ${processAt(process.pid)!.start}`;
  return makeExclusive(file, content, (present) => !isHeld(present));
}

/** Whether a process that still runs has the lock, be it this one. */
export function isLocked(file: string): boolean {
  try {
    return isHeld(readFileSync(file, 'utf8'));
  } catch {
    return false;
  }
}

export function freeLock(file: string): void {
  rmSync(file, { force: true });
}

function isHeld(content: string): boolean {
  const [pid, start] = content.split(' ');
  // Another program may have got the id of one that was killed.
  return start !== undefined && processAt(Number(pid))?.start === start;
}
