import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** The two calls that a test replaces to fill a disk. */
export interface FileCalls {
  /** @returns bytes written, perhaps fewer than asked for */
  write(fd: number, buffer: Buffer, offset: number, length: number): number;
  truncate(fd: number, length: number): void;
}

export const FILE_CALLS: FileCalls = {
  write: (fd, buffer, offset, length) => writeSync(fd, buffer, offset, length),
  truncate: ftruncateSync,
};

/** A file that only whole appends change: one that fails leaves it as it was. */
export class AppendFile {
  readonly #fd: number;
  readonly #calls: FileCalls;
  #size: number;
  /** Bytes of a failed append may still stand behind `#size`. */
  #torn = false;

  constructor(path: string, size: number, calls: FileCalls = FILE_CALLS) {
    this.#fd = openSync(path, 'a', 0o600);
    this.#size = size;
    this.#calls = calls;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Hands `buffer[0..length)` to the kernel. A short write is no error to the kernel: the rest is tried again, and
   * then the error comes. @throws the system's error; nothing of the append remains then
   */
  append(buffer: Buffer, length: number): void {
    if (this.#torn) this.#cut();
    let written = 0;
    try {
      while (written < length) {
        const bytes = this.#calls.write(this.#fd, buffer, written, length - written);
        if (bytes <= 0) throw new Error('the system wrote nothing and gave no reason');
        written += bytes;
      }
    } catch (error) {
      this.#torn = true;
      try {
        this.#cut();
      } catch {
        // Stays torn: the next append cuts first, and recovery cuts what no append repaired.
      }
      throw error;
    }
    this.#size += length;
  }

  #cut(): void {
    this.#calls.truncate(this.#fd, this.#size);
    this.#torn = false;
  }

  /** Resolves when all that was appended is on the disk. */
  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#fd, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  close(): void {
    closeSync(this.#fd);
  }
}
