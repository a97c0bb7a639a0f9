/** Kinds of a JSON value, as bits so that a set of them is one number. */
export const OBJECT = 1;
export const ARRAY = 2;
export const STRING = 4;
export const NUMBER = 8;
export const BOOLEAN = 16;
export const NULL = 32;

export type Kind = 1 | 2 | 4 | 8 | 16 | 32;

/** One value of a JSON text, with its place in it. Offsets are UTF-16 units of the decoded text. */
export interface JsonNode {
  readonly kind: Kind;
  /** First unit of the value; of a string, its opening quote. */
  readonly start: number;
  /** One past the last unit; of a string, past its closing quote. */
  end: number;
  readonly parent: JsonNode | null;
  /** Decoded key in the parent object, `null` in an array and at the root. */
  readonly key: string | null;
  /** Offsets of the key's literal with its quotes; 0 without a key. */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** Position in the parent, from 0. */
  readonly index: number;
  /** Members or elements. */
  size: number;
  first: JsonNode | null;
  last: JsonNode | null;
  next: JsonNode | null;
  /** A string with at least one escape. */
  readonly escaped: boolean;
  /** Set by a reader that knows the key as a word of its API, so that it may stand in a path. */
  named: boolean;
}

/** The member of an object that has this key. Linear: objects of an API are small. */
export function member(node: JsonNode | null | undefined, key: string): JsonNode | null {
  if (node?.kind !== OBJECT) return null;
  for (let child = node.first; child !== null; child = child.next) if (child.key === key) return child;
  return null;
}

/** The value of a string node. Lone surrogates written as escapes stay lone. */
export function stringValue(text: string, node: JsonNode): string {
  if (!node.escaped) return text.slice(node.start + 1, node.end - 1);
  return JSON.parse(text.slice(node.start, node.end)) as string;
}

/** The value of a member when it is a string. */
export function stringMember(text: string, node: JsonNode | null, key: string): string | null {
  const found = member(node, key);
  return found?.kind === STRING ? stringValue(text, found) : null;
}

/** The value of a member when it is a number. */
export function numberMember(text: string, node: JsonNode | null, key: string): number | null {
  const found = member(node, key);
  return found?.kind === NUMBER ? Number(text.slice(found.start, found.end)) : null;
}

/**
 * Where a value stands, such as `messages[2].content`. A key that nobody marked as `named` is a person's own word
 * and does not belong into records: its position stands for it, as in `metadata{3}`.
 */
export function pathOf(node: JsonNode): string {
  if (node.parent === null) return '';
  const above = pathOf(node.parent);
  if (node.key === null) return `${above}[${node.index}]`;
  if (!node.named) return `${above}{${node.index}}`;
  return above === '' ? node.key : `${above}.${node.key}`;
}
