import { createHash, hash } from 'node:crypto';

/** Tamper evidence over lines: the tree of RFC 6962 §2.1, with SHA-256. All hashes are 32 bytes. */

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

/** Hash of one record's very bytes: SHA-256(0x00 ‖ record). */
export function leafHash(record: Uint8Array): Buffer {
  return createHash('sha256').update(LEAF).update(record).digest();
}

/** How a leaf hash stands in `prev_hash`. */
export function hashText(leaf: Uint8Array): string {
  return `sha256:${Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength).toString('hex')}`;
}

/** Hash of an inner node: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([NODE, left, right]), 'buffer');
}

/**
 * The right edge of a growing tree: the roots of its perfect subtrees, largest first. Constant work a leaf on
 * average and at most 53 hashes of memory, so the root of any number of lines is computed in one pass.
 */
export class Frontier {
  #size = 0;
  readonly #roots: Buffer[] = [];

  get size(): number {
    return this.#size;
  }

  append(leaf: Buffer): void {
    let carry = leaf;
    for (let level = this.#size; level % 2 === 1; level = (level - 1) / 2) {
      carry = nodeHash(this.#roots.pop()!, carry);
    }
    this.#roots.push(carry);
    this.#size += 1;
  }

  /** Root over all leaves so far; SHA-256 of nothing for an empty tree. */
  root(): Buffer {
    const last = this.#roots.length - 1;
    if (last < 0) return hash('sha256', '', 'buffer');
    let root = this.#roots[last]!;
    for (let index = last - 1; index >= 0; index -= 1) root = nodeHash(this.#roots[index]!, root);
    return root;
  }
}
