import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node } from 'yaml';
import type { DocPath } from './doc-path.ts';
import type { Position } from './problem.ts';

export const START: Position = { line: 1, column: 1 };

/** Line and column of an offset in the text, from 1. */
export function linePosition(lines: LineCounter, offset: number | undefined): Position {
  if (offset === undefined) return START;
  const { line, col } = lines.linePos(offset);
  return line === 0 ? START : { line, column: col };
}

/**
 * Where the value at a path begins, or its key; else the nearest thing around it.
 * @param lines as the document was read with
 */
export function locate(
  document: Document.Parsed,
  lines: LineCounter,
  path: DocPath,
  atKey: boolean,
): Position {
  let node: Node | null | undefined = document.contents;
  let offset = node?.range?.[0];
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      const key = pair.key as Node;
      const value = pair.value as Node | null;
      const last = depth === path.length - 1;
      offset = ((last && atKey) || value === null || isEmpty(value) ? key : value).range?.[0] ?? offset;
      node = value;
    } else if (isSeq(node) && typeof step === 'number') {
      const item = node.items[step] as Node | undefined;
      if (item === undefined) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  return linePosition(lines, offset);
}

/** `key:` without a value: the key is the better place to point at. */
function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1];
}
