import type { JsonNode } from '../json/node.ts';
import type { SkippedLeaf } from './dialect.ts';

/** The strings of one body or stream that were not scanned; those of one field are counted together. */
export class SkippedList {
  readonly #byPath = new Map<string, SkippedLeaf>();

  /** @param path of the field in the dialect's list, so that the list stays short and holds nothing of the body */
  add(path: string, bytes: number, reason: string): SkippedLeaf {
    let known = this.#byPath.get(path);
    if (known === undefined) {
      known = { path, bytes: 0, reason };
      this.#byPath.set(path, known);
    }
    known.bytes += bytes;
    return known;
  }

  get all(): SkippedLeaf[] {
    return [...this.#byPath.values()];
  }
}

/** Bytes between the quotes of a string that is skipped: those of a field that may be are of ASCII, see `skips`. */
export function skippedBytes({ start, end }: JsonNode): number {
  return end - start - 2;
}
