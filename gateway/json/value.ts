import { ARRAY, type JsonNode, OBJECT, STRING, stringValue } from './node.ts';
import type { JsonDocument } from './read.ts';

/**
 * The value of a text that was read. Not by `JSON.parse`, to which V8 14.6 lets an escaped key be another one once some
 * object had a key with a backslash (nodejs/node#63785): a text could hide a key from whoever judges it.
 */
export function jsonValue({ text, root }: JsonDocument): unknown {
  return valueAt(text, root);
}

/** Recursive: the reader has limited the depth. */
function valueAt(text: string, node: JsonNode): unknown {
  if (node.kind === STRING) return stringValue(text, node);
  if (node.kind !== OBJECT && node.kind !== ARRAY) return JSON.parse(text.slice(node.start, node.end));
  const members: [key: string | null, value: unknown][] = [];
  for (let child = node.first; child !== null; child = child.next)
    members.push([child.key, valueAt(text, child)]);
  return node.kind === ARRAY ? members.map(([, value]) => value) : Object.fromEntries(members);
}
