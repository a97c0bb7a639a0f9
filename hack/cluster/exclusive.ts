import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Makes a file that one process at a time may have. It gets its name when it is whole, so that nobody reads half of it
 * and takes it for one that was left behind.
 *
 * @param isLeft whether its content is that of somebody who has it no longer; it is replaced then.
 * @returns whether it is made. False where somebody has it.
 */
export function makeExclusive(file: string, content: string, isLeft: (content: string) => boolean): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content);
  try {
    while (!link(draft, file)) {
      const present = readOr(file);
      if (present === null) continue;
      if (!isLeft(present)) return false;
      removeLeft(file, isLeft);
    }
    return true;
  } finally {
    rmSync(draft);
  }
}

/** Takes away what was left, and not what somebody put in its place since it was looked at. */
function removeLeft(file: string, isLeft: (content: string) => boolean): void {
  const aside = `${file}.${process.pid}.left`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return;
  }
  try {
    if (!isLeft(readOr(aside) ?? '')) link(aside, file);
  } finally {
    rmSync(aside, { force: true });
  }
}

/** False where there is a file of this name. */
function link(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Null where there is none. */
function readOr(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
