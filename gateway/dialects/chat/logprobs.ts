import { Buffer } from 'node:buffer';
import {
  ARRAY,
  type JsonNode,
  type Kind,
  member,
  NULL,
  NUMBER,
  OBJECT,
  STRING,
  stringMember,
  stringValue,
} from '../../json/node.ts';
import type { Splice } from '../../json/splice.ts';
import { difference } from '../difference.ts';

/** One token of a list of log probabilities: everything in it that says what the text was. */
export interface TokenLiteral {
  readonly node: JsonNode;
  readonly value: string;
  readonly bytes: JsonNode | null;
  readonly alternatives: JsonNode | null;
}

/** The tokens of one list, in order. */
export function readTokens(text: string, list: JsonNode): TokenLiteral[] {
  const tokens: TokenLiteral[] = [];
  for (let item = list.first; item !== null; item = item.next) {
    const node = member(item, 'token');
    if (node?.kind !== STRING) continue;
    tokens.push({
      node,
      value: stringValue(text, node),
      bytes: arrayMember(item, 'bytes'),
      alternatives: arrayMember(item, 'top_logprobs'),
    });
  }
  return tokens;
}

function arrayMember(item: JsonNode, key: string): JsonNode | null {
  const found = member(item, key);
  return found?.kind === ARRAY ? found : null;
}

/** What is read of an alternative, each where it is of this kind. */
const OF_ALTERNATIVE: ReadonlyMap<string, Kind> = new Map([
  ['token', STRING],
  ['logprob', NUMBER],
  ['bytes', ARRAY],
]);
const OF_ENTRY: ReadonlyMap<string, Kind> = new Map([...OF_ALTERNATIVE, ['top_logprobs', ARRAY]]);

/**
 * What a list of entries has beside that: what is no entry, members that the API does not have or has as something
 * else. It is text like any other of a body.
 */
export function unread(list: JsonNode, read = OF_ENTRY): JsonNode[] {
  const found: JsonNode[] = [];
  for (let item = list.first; item !== null; item = item.next) {
    if (item.kind === OBJECT) found.push(...unreadMembers(item, read));
    else found.push(item);
  }
  return found;
}

function unreadMembers(item: JsonNode, read: ReadonlyMap<string, Kind>): JsonNode[] {
  const found: JsonNode[] = [];
  for (let child = item.first; child !== null; child = child.next) {
    const kind = read.get(child.key!);
    child.named = kind !== undefined;
    if (child.kind !== NULL && child.kind !== kind) found.push(child);
  }
  return found;
}

/** Strings in the alternatives of a list, which are not scanned: they name other texts than the answer's. */
export interface Alternatives {
  /** Bytes of their tokens. */
  tokens: number;
  /** Bytes of the keys and strings that the API does not have. */
  others: number;
}

export function alternativesOf(text: string, list: JsonNode): Alternatives {
  const bytes: Alternatives = { tokens: 0, others: 0 };
  for (let entry = list.first; entry !== null; entry = entry.next) {
    const alternatives = arrayMember(entry, 'top_logprobs');
    if (alternatives === null) continue;
    bytes.tokens += tokenBytes(text, alternatives);
    for (const node of unread(alternatives, OF_ALTERNATIVE)) bytes.others += textBytes(text, node);
  }
  return bytes;
}

function tokenBytes(text: string, alternatives: JsonNode): number {
  let bytes = 0;
  for (let item = alternatives.first; item !== null; item = item.next) {
    bytes += Buffer.byteLength(stringMember(text, item, 'token') ?? '');
  }
  return bytes;
}

/** Recursion is bounded by the reader's limit on nesting. */
function textBytes(text: string, node: JsonNode): number {
  let bytes = Buffer.byteLength(node.key ?? '');
  if (node.kind === STRING) bytes += Buffer.byteLength(stringValue(text, node));
  for (let child = node.first; child !== null; child = child.next) bytes += textBytes(text, child);
  return bytes;
}

export const FALSE_BYTES = 'not the bytes of its token; removed';

/**
 * Lists of bytes, of tokens and of their alternatives, that do not spell their token: they could carry a text that nobody
 * looked at. A piece of a character, which vendors write as U+FFFD or as `bytes:` with escapes, is none.
 */
export function falseBytes(text: string, list: JsonNode): JsonNode[] {
  const found: JsonNode[] = [];
  const look = (item: JsonNode): void => {
    const bytes = arrayMember(item, 'bytes');
    if (bytes !== null && !spells(text, bytes, stringMember(text, item, 'token') ?? '')) found.push(bytes);
  };
  for (let entry = list.first; entry !== null; entry = entry.next) {
    look(entry);
    const alternatives = arrayMember(entry, 'top_logprobs')?.first ?? null;
    for (let item = alternatives; item !== null; item = item.next) look(item);
  }
  return found;
}

function spells(text: string, list: JsonNode, token: string): boolean {
  const bytes: number[] = [];
  for (let item = list.first; item !== null; item = item.next) {
    const byte = Number(text.slice(item.start, item.end));
    if (item.kind !== NUMBER || !(byte >= 0 && byte <= 255) || !Number.isInteger(byte)) return false;
    bytes.push(byte);
  }
  if (Buffer.from(bytes).toString() === token) return true;
  if (!token.startsWith('bytes:') || bytes.some((byte) => byte < 0x80)) return false;
  return token === `bytes:${bytes.map((byte) => `\\x${byte.toString(16)}`).join('')}`;
}

/**
 * Writes a token anew: its text, its bytes, and no alternatives, since the likeliest one is mostly the token itself.
 */
export function tokenSplices(token: TokenLiteral, value: string): Splice[] {
  const splices = [{ start: token.node.start, end: token.node.end, text: JSON.stringify(value) }];
  const { bytes, alternatives } = token;
  if (bytes !== null) {
    splices.push({ start: bytes.start, end: bytes.end, text: JSON.stringify([...Buffer.from(value)]) });
  }
  if (alternatives !== null) splices.push({ start: alternatives.start, end: alternatives.end, text: '[]' });
  return splices;
}

/** Splices by which all tokens together say `after`: the first that is touched says what is new. */
export function tokensSplices(tokens: readonly TokenLiteral[], after: string): Splice[] {
  const change = difference(tokens.map((token) => token.value).join(''), after);
  if (change === null) return [];
  const splices: Splice[] = [];
  let at = 0;
  let told = false;
  for (const [index, token] of tokens.entries()) {
    const start = at;
    const end = at + token.value.length;
    at = end;
    const inserted = change.start === change.end && !told && end >= change.start;
    const last = index === tokens.length - 1 && !told;
    if (!inserted && !last && (end <= change.start || start >= change.end)) continue;
    const before = token.value.slice(0, Math.max(0, change.start - start));
    const behind = end > change.end ? token.value.slice(Math.max(0, change.end - start)) : '';
    splices.push(...tokenSplices(token, before + (told ? '' : change.text) + behind));
    told = true;
  }
  return splices;
}
