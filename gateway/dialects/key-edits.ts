import type { JsonNode } from '../json/node.ts';
import type { Splice } from '../json/splice.ts';

/** A key that is to be written anew. */
export interface KeyEdit {
  /** The member. */
  node: JsonNode;
  text: string;
}

/**
 * Writes keys anew. Different keys may be the same once they are masked, and an object with one key twice is read by
 * each reader in its own way: all but the first get a number, `[EMAIL]`, `[EMAIL] 2`.
 */
export function keySplices(edits: readonly KeyEdit[]): Splice[] {
  if (edits.length === 0) return [];
  const byObject = new Map<JsonNode, KeyEdit[]>();
  for (const edit of edits) {
    const parent = edit.node.parent!;
    const together = byObject.get(parent);
    if (together === undefined) byObject.set(parent, [edit]);
    else together.push(edit);
  }
  const splices: Splice[] = [];
  for (const [object, together] of byObject) {
    const rename = numbering(object, together);
    for (const { node, text } of together.sort((a, b) => a.node.index - b.node.index)) {
      splices.push({ start: node.keyStart, end: node.keyEnd, text: JSON.stringify(rename(text)) });
    }
  }
  return splices;
}

/** Gives a key as it is where no other has it, else with the first number that is free. */
function numbering(object: JsonNode, edits: readonly KeyEdit[]): (key: string) => string {
  const edited = new Set(edits.map(({ node }) => node));
  const taken = new Set<string>();
  for (let child = object.first; child !== null; child = child.next) {
    if (!edited.has(child)) taken.add(child.key!);
  }
  const last = new Map<string, number>();
  return (key) => {
    let name = key;
    let number = last.get(key) ?? 1;
    while (taken.has(name)) {
      number += 1;
      name = `${key} ${number}`;
    }
    last.set(key, number);
    taken.add(name);
    return name;
  };
}
