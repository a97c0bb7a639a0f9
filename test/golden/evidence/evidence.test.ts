import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Frontier, leafHash } from '../../../gateway/contract/evidence.ts';
import { inclusionPath, merkleRoot, rootFromPath } from './merkle.ts';

const vectors = JSON.parse(readFileSync(new URL('./vectors.json', import.meta.url), 'utf8'));

/** The records of the vectors: fixed key order, no spaces, each linked to the leaf before. */
function records(): Buffer[] {
  const bodies = [
    { kind: 'stream.opened' },
    { kind: 'decision', verdict: 'allow' },
    {
      kind: 'decision',
      verdict: 'allow',
      sealed: { caller: `sha256:${vectors.commit}` },
      model: 'gpt-é',
    },
    { kind: 'decision', verdict: 'block' },
    { kind: 'decision', verdict: 'allow' },
  ];
  let prev = '';
  return bodies.map((body, seq) => {
    const record = Buffer.from(
      JSON.stringify({
        schema: 1,
        instance: vectors.stream,
        seq,
        prev_hash: prev,
        id: `evt_01JD000000000000000000000${seq + 1}`,
        ts: `2026-11-22T00:00:0${seq}.000Z`,
        ...body,
      }),
    );
    prev = `sha256:${leafHash(record).toString('hex')}`;
    return record;
  });
}

/** The definition of RFC 6962 §2.1, written as it stands there. */
function definedRoot(leaves: readonly Buffer[]): Buffer {
  const sha = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return sha(Buffer.of(1), definedRoot(leaves.slice(0, k)), definedRoot(leaves.slice(k)));
}

describe('evidence vectors', () => {
  it('reproduce the bytes, leaves, roots and path', () => {
    const lines = records();
    const leaves = lines.map(leafHash);
    expect(lines.map((line) => line.length)).to.deep.equal(vectors.bytes);
    expect(leaves.map((leaf) => leaf.toString('hex'))).to.deep.equal(vectors.leaves);
    for (let size = 0; size <= 5; size += 1) {
      expect(merkleRoot(leaves.slice(0, size)).toString('base64')).to.equal(vectors.roots[size]);
    }
    expect(inclusionPath(2, leaves).map((hash) => hash.toString('base64'))).to.deep.equal(
      vectors.pathOf2In5,
    );
  });

  it('roots equal the definition for every size from 0 to 300', () => {
    const leaves: Buffer[] = [];
    const frontier = new Frontier();
    for (let size = 0; size <= 300; size += 1) {
      if (size % 7 === 0 || (size > 253 && size < 259)) {
        expect(frontier.root().equals(definedRoot(leaves)), `size ${size}`).to.equal(true);
      }
      const leaf = leafHash(Buffer.from(`record ${size}`));
      leaves.push(leaf);
      frontier.append(leaf);
    }
  });

  it('every path of every tree up to 65 leaves leads to its root, and to no other', () => {
    const leaves = Array.from({ length: 65 }, (_, index) => leafHash(Buffer.from(String(index))));
    for (let size = 1; size <= leaves.length; size += 1) {
      const tree = leaves.slice(0, size);
      const root = merkleRoot(tree);
      for (let index = 0; index < size; index += 1) {
        const path = inclusionPath(index, tree);
        expect(rootFromPath(tree[index]!, index, size, path)?.equals(root)).to.equal(true);
        const wrong = rootFromPath(tree[index]!, (index + 1) % size, size, path);
        if (size > 1) expect(wrong?.equals(root) ?? false).to.equal(false);
      }
    }
    expect(() => inclusionPath(3, leaves.slice(0, 3))).to.throw(RangeError);
    expect(rootFromPath(leaves[0]!, 0, 2, [])).to.equal(null);
  });
});
