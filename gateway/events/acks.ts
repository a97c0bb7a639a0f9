import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from './replace-file.ts';

/** Next seq that the control plane expects, by stream: everything before it is safe there. */
export class Acks {
  readonly #path: string;
  readonly #next: Map<string, number>;
  #writing: Promise<void> = Promise.resolve();

  constructor(dir: string) {
    this.#path = join(dir, 'acks.json');
    this.#next = readAcks(this.#path);
  }

  get all(): ReadonlyMap<string, number> {
    return this.#next;
  }

  get(stream: string): number {
    return this.#next.get(stream) ?? 0;
  }

  /** Resolves when the mark is on the disk: only then may a segment be deleted. */
  set(stream: string, next: number): Promise<void> {
    this.#next.set(stream, next);
    const write = this.#writing.then(() =>
      replaceFile(this.#path, JSON.stringify(Object.fromEntries(this.#next))),
    );
    this.#writing = write.catch(() => undefined);
    return write;
  }
}

/** A missing or unreadable file is no mark at all: what was sent is sent again, and the server knows it. */
function readAcks(path: string): Map<string, number> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null) return new Map();
    return new Map(
      Object.entries(parsed).filter((pair): pair is [string, number] => Number.isSafeInteger(pair[1])),
    );
  } catch {
    return new Map();
  }
}
