import { readFileSync, rmSync } from 'node:fs';
import type { Clock } from '../../runtime/clock.ts';
import { writeFileAtomic } from '../files.ts';

const ASK_MS = 50;

/**
 * Remembers the process that uses a replica's folder. When this process is killed, its gateway still ships what it
 * has before it ends; the next one must not take the same spool and ports meanwhile.
 */
export class PidFile {
  readonly #file: string;
  /** Stands in the arguments of the process, so that another that got the same id is not mistaken for it. */
  readonly #marker: string;

  constructor(file: string, marker: string) {
    this.#file = file;
    this.#marker = marker;
  }

  write(pid: number): void {
    writeFileAtomic(this.#file, `${pid}\n`);
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }

  /** Waits until a process of an earlier run has ended, and ends it by force after `graceMs`. */
  async settle(graceMs: number, clock: Clock): Promise<void> {
    const end = clock.monotonic() + graceMs;
    for (;;) {
      const pid = this.#living();
      if (pid === null) return;
      if (clock.monotonic() >= end) {
        process.kill(pid, 'SIGKILL');
        return;
      }
      await new Promise<void>((resolve) => clock.after(ASK_MS, resolve));
    }
  }

  #living(): number | null {
    try {
      const pid = Number(readFileSync(this.#file, 'utf8'));
      if (!Number.isSafeInteger(pid) || pid <= 1) return null;
      // Where there is no /proc nothing tells our process from a stranger, and a stranger is left alone.
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(this.#marker) ? pid : null;
    } catch {
      return null;
    }
  }
}
