import { Frontier, nodeHash } from '../../../gateway/contract/evidence.ts';

/** What a reader of our trees does with them: proofs that one line belongs to a root. */

/** Root of a list of leaf hashes. */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  const frontier = new Frontier();
  for (const leaf of leaves) frontier.append(leaf);
  return frontier.root();
}

/** Largest power of two below `size`; `size` is at least 2. */
function split(size: number): number {
  let half = 1;
  while (half * 2 < size) half *= 2;
  return half;
}

/**
 * Audit path of leaf `index` in the tree over `leaves`, nearest sibling first (RFC 6962 §2.1.1).
 * @throws RangeError when there is no such leaf
 */
export function inclusionPath(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) {
    throw new RangeError(`leaf ${index} is outside of a tree of size ${leaves.length}`);
  }
  if (leaves.length === 1) return [];
  const half = split(leaves.length);
  const left = leaves.slice(0, half);
  const right = leaves.slice(half);
  return index < half
    ? [...inclusionPath(index, left), merkleRoot(right)]
    : [...inclusionPath(index - half, right), merkleRoot(left)];
}

/** The root that a path leads to (RFC 9162 §2.1.3.2), or null when the path has the wrong length. */
export function rootFromPath(
  leaf: Buffer,
  index: number,
  size: number,
  path: readonly Buffer[],
): Buffer | null {
  if (index < 0 || index >= size) return null;
  let node = leaf;
  let position = index;
  let last = size - 1;
  for (const sibling of path) {
    if (last === 0) return null;
    if (position % 2 === 1 || position === last) {
      node = nodeHash(sibling, node);
      while (position % 2 === 0 && position !== 0) {
        position /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = nodeHash(node, sibling);
    }
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? node : null;
}
