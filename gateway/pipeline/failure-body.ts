import type { Leaf, LeafEdit } from '../dialects/dialect.ts';
import { escapeText } from '../json/literal.ts';
import { type JsonNode, STRING, stringValue } from '../json/node.ts';
import { decodeUtf8, type JsonDocument, readJson } from '../json/read.ts';
import { spliceText } from '../json/splice.ts';

/** A provider's error that may pass: every string of it is looked at, since it may quote the request. */
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
  const { text, root } = document;
  const nodes = stringNodes(root);
  const leaves = nodes.map(
    (node, ref): Leaf => ({
      phase: 'output',
      part: 'content',
      path: `error[${ref}]`,
      text: stringValue(text, node),
      ref,
    }),
  );
  return {
    leaves,
    withEdits(edits) {
      const splices = edits.map(({ ref, text: value }) => {
        const node = nodes[ref]!;
        return { start: node.start + 1, end: node.end - 1, text: escapeText(value) };
      });
      return Buffer.from(spliceText(text, splices));
    },
  };
}

function stringNodes(root: JsonNode): JsonNode[] {
  const found: JsonNode[] = [];
  const open: JsonNode[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === STRING) found.push(node);
    for (let child = node.first; child !== null; child = child.next) open.push(child);
  }
  return found;
}
