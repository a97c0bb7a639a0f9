import type { SkippedLeaf } from './dialect.ts';

/** The strings of one body or stream that were not scanned; those of one field are counted together. */
export class SkippedList {
  readonly #byPath = new Map<string, SkippedLeaf>();

  /** @param path of the field in the dialect's list, so that the list stays short and holds nothing of the body */
  add(path: string, bytes: number, reason: string): void {
    const known = this.#byPath.get(path);
    if (known === undefined) this.#byPath.set(path, { path, bytes, reason });
    else known.bytes += bytes;
  }

  get all(): SkippedLeaf[] {
    return [...this.#byPath.values()];
  }
}
