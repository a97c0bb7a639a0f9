import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FileCalls } from './append-file.ts';

/** After a refusal, what the disk takes is tried once in so many ms. */
const RETRY_MS = 1000;
/**
 * A disk has room when it takes so many bytes at once, about the events of a busy turn. One event may fit into the last
 * block of a file on a disk that is full: taken for room, it would have requests come and be refused in turns.
 */
const TRIAL_BYTES = 256 * 1024;

export interface DiskRoomOptions {
  /** The folder that is written to. */
  dir: string;
  /** Milliseconds since 1970. */
  clock(): number;
  calls: FileCalls;
}

/** Whether a disk that refused a write has room again. It asks the disk itself, so nothing need be written to find out. */
export class DiskRoom {
  readonly #options: DiskRoomOptions;
  #lacking = false;
  #triedAtMs = 0;

  constructor(options: DiskRoomOptions) {
    this.#options = options;
  }

  /** A write was refused, and no one has found room since. */
  get lacking(): boolean {
    return this.#lacking;
  }

  /** A write was refused now. @returns false where there was no room before either */
  refused(): boolean {
    const news = !this.#lacking;
    this.#lacking = true;
    this.#triedAtMs = this.#options.clock();
    return news;
  }

  /** Something was deleted: the next question tries the disk at once. */
  freed(): void {
    this.#triedAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Where there was no room, tries the disk if it is time to. @returns true where it takes bytes; `found` settles it */
  answers(): boolean {
    if (!this.#lacking) return false;
    const now = this.#options.clock();
    // A clock that is set back must not put it off.
    if (Math.abs(now - this.#triedAtMs) < RETRY_MS) return false;
    this.#triedAtMs = now;
    return this.#takes(TRIAL_BYTES);
  }

  /** There is room. */
  found(): void {
    this.#lacking = false;
  }

  #takes(bytes: number): boolean {
    const path = join(this.#options.dir, 'room');
    try {
      const fd = openSync(path, 'w', 0o600);
      try {
        // It has no name any more while it is written, so that a process that dies meanwhile leaves nothing.
        rmSync(path);
        const buffer = Buffer.alloc(bytes);
        for (let at = 0; at < bytes; ) {
          const written = this.#options.calls.write(fd, buffer, at, bytes - at);
          if (written <= 0) return false;
          at += written;
        }
      } finally {
        // Some file systems say only now that there was no room.
        closeSync(fd);
      }
      return true;
    } catch {
      return false;
    }
  }
}
