import { ARRAY, type JsonNode, NUMBER, OBJECT, STRING, stringMember, stringValue } from '../json/node.ts';
import type { JsonDocument } from '../json/read.ts';
import type { LeafFacts } from '../policies/kind.ts';
import { type Shape, skips } from './shape.ts';

/** What a body's reader does with what stands in it. */
export interface Visitor {
  /** A string that is scanned. `shape` is `null` where the dialect's list does not know the field. */
  text(
    node: JsonNode,
    value: string,
    part: LeafFacts['part'],
    role: string | null,
    shape: Shape | null,
  ): void;
  /** A key that is no word of the API. */
  key(node: JsonNode, part: LeafFacts['part'], role: string | null): void;
  skipped(node: JsonNode, shape: Shape): void;
  /** A long number where the list knows of none. `path` holds nothing of the body. */
  number(node: JsonNode, path: string): void;
  /** A value that is not what the field takes; `node` is the object when a required field is missing. */
  mismatch(node: JsonNode, shape: Shape): void;
  /** A list of log probabilities, which is read as a whole. @returns what it has beside that, to be walked */
  logprobs(node: JsonNode): readonly JsonNode[];
}

/** Units from which a number may be the number of a card or of an account. */
const LONG_NUMBER = 12;
/** Why such a number is listed: masked, it would be a string where the reader may want a number. */
export const NUMBER_REASON = 'number';

/** Walks a body along its dialect's list. Recursion is bounded by the reader's limit on nesting. */
export function walk(document: JsonDocument, shape: Shape, visitor: Visitor): void {
  visit(document.text, document.root, shape, null, 'other', null, visitor);
}

function visit(
  text: string,
  node: JsonNode,
  shape: Shape | null,
  words: ReadonlySet<string> | null,
  partAbove: LeafFacts['part'],
  roleAbove: string | null,
  visitor: Visitor,
): void {
  const part = shape?.part ?? partAbove;
  if (shape !== null && shape.kinds !== 0 && (shape.kinds & node.kind) === 0) visitor.mismatch(node, shape);
  if (node.kind === STRING) {
    const value = stringValue(text, node);
    if (shape !== null && shape.skip !== null && skips(shape.skip.when, value)) visitor.skipped(node, shape);
    else if (value !== '') visitor.text(node, value, part, roleAbove, shape);
    return;
  }
  if (node.kind === ARRAY) {
    if (shape?.part === 'logprobs') {
      for (const rest of visitor.logprobs(node)) {
        if (rest.key !== null && rest.key !== '' && !rest.named) visitor.key(rest, part, roleAbove);
        visit(text, rest, null, words, part, roleAbove, visitor);
      }
      return;
    }
    const items = shape === null ? null : shape.items;
    for (let child = node.first; child !== null; child = child.next) {
      visit(text, child, items, words, part, roleAbove, visitor);
    }
    return;
  }
  if (node.kind === NUMBER && node.end - node.start >= LONG_NUMBER) {
    if (shape === null || (shape.kinds & NUMBER) === 0) visitor.number(node, outermost(node));
    return;
  }
  if (node.kind !== OBJECT) return;
  if (shape !== null && shape.required.length > 0) checkRequired(node, shape, visitor);
  const role = shape?.role === true ? (stringMember(text, node, 'role') ?? roleAbove) : roleAbove;
  const known = shape?.words ?? words;
  for (let child = node.first; child !== null; child = child.next) {
    const key = child.key!;
    const next = shape === null ? undefined : shape.fields.get(key);
    if (next !== undefined || known?.has(key) === true) child.named = true;
    else if (key !== '') visitor.key(child, part, role);
    visit(text, child, next ?? null, known, part, role, visitor);
  }
}

/** The member of the body in which a value stands. */
function outermost(node: JsonNode): string {
  let at = node;
  while (at.parent !== null && at.parent.parent !== null) at = at.parent;
  const name = at.named ? at.key! : '*';
  return at === node ? name : `${name}.*`;
}

function checkRequired(node: JsonNode, shape: Shape, visitor: Visitor): void {
  for (const field of shape.required) {
    let found = false;
    for (let child = node.first; child !== null && !found; child = child.next)
      found = child.key === field.key;
    if (!found) visitor.mismatch(node, field);
  }
}

/** Marks the words of the API above a node, so that its path can be told before the body was walked. */
export function nameAncestors(node: JsonNode, shape: Shape): void {
  const chain: JsonNode[] = [];
  for (let at: JsonNode | null = node; at !== null; at = at.parent) chain.push(at);
  let here: Shape | null = shape;
  let words: ReadonlySet<string> | null = null;
  for (const at of chain.reverse()) {
    if (at.parent === null) continue;
    words = here?.words ?? words;
    if (at.key === null) here = here?.items ?? null;
    else {
      const next: Shape | undefined = here?.fields.get(at.key);
      at.named = next !== undefined || words?.has(at.key) === true;
      here = next ?? null;
    }
  }
}
