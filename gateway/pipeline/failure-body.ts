import type { Leaf, LeafEdit } from '../dialects/dialect.ts';
import { escapeText } from '../json/literal.ts';
import type { JsonNode } from '../json/node.ts';
import { decodeUtf8, readJson, strings } from '../json/read.ts';
import { spliceText } from '../json/splice.ts';

/** A provider's error that may pass: every string of it is looked at, since it may quote the request. */
export interface FailureBody {
  readonly leaves: readonly Leaf[];
  withEdits(edits: readonly LeafEdit[]): Buffer;
}

/** @returns null for anything but one JSON text */
export function readFailureBody(body: Buffer): FailureBody | null {
  const nodes: JsonNode[] = [];
  const leaves: Leaf[] = [];
  let text: string;
  try {
    const document = readJson(decodeUtf8(body));
    text = document.text;
    for (const { node, text: value } of strings(document)) {
      leaves.push({
        phase: 'output',
        part: 'content',
        path: `error[${nodes.length}]`,
        text: value,
        ref: nodes.length,
      });
      nodes.push(node);
    }
  } catch {
    return null;
  }
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
