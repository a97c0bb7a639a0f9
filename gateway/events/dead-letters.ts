import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const nameOf = (stream: string, seq: number): string => `${stream}-${seq}.json`;

/** Records that the control plane refuses, one file each: they must not stop the records behind them. */
export class DeadLetters {
  readonly #dir: string;
  readonly #names: Set<string>;

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.#names = new Set(readdirSync(dir));
  }

  get size(): number {
    return this.#names.size;
  }

  has(stream: string, seq: number): boolean {
    return this.#names.size > 0 && this.#names.has(nameOf(stream, seq));
  }

  add(stream: string, seq: number, record: Uint8Array): void {
    const name = nameOf(stream, seq);
    writeFileSync(join(this.#dir, name), record, { mode: 0o600, flush: true });
    this.#names.add(name);
  }
}
