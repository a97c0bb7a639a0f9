import type { Leaf, LeafEdit } from '../dialects/dialect.ts';
import { LeafList } from '../dialects/leaves.ts';
import { STRING, stringValue } from '../json/node.ts';
import { decodeUtf8, type JsonDocument, readJson } from '../json/read.ts';

/** A provider's error that may pass: every string and key of it is looked at, since it may quote the request. */
export interface FailureBody {
  readonly leaves: readonly Leaf[];
  withEdits(edits: readonly LeafEdit[]): Buffer;
}

/** @returns null for anything but one JSON text */
export function readFailureBody(body: Buffer): FailureBody | null {
  let document: JsonDocument;
  try {
    document = readJson(decodeUtf8(body));
  } catch {
    return null;
  }
  const { text } = document;
  const list = readLeaves(document);
  return { leaves: list.leaves, withEdits: (edits) => Buffer.from(list.splice(text, edits)) };
}

function readLeaves({ text, root }: JsonDocument): LeafList {
  const list = new LeafList('output');
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.key !== null && node.key !== '') list.key(node, 'content', null);
    if (node.kind === STRING) list.value(node, stringValue(text, node), 'content', null);
    for (let child = node.first; child !== null; child = child.next) open.push(child);
  }
  return list;
}
