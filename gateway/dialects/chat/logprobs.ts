import { Buffer } from 'node:buffer';
import { ARRAY, type JsonNode, member, NUMBER, STRING, stringValue } from '../../json/node.ts';
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

/** Bytes of the alternatives of a list, which are not scanned: they name other texts than the answer's. */
export function alternativeBytes(text: string, tokens: readonly TokenLiteral[]): number {
  let bytes = 0;
  for (const { alternatives } of tokens) {
    for (let item = alternatives?.first ?? null; item !== null; item = item.next) {
      const node = member(item, 'token');
      if (node?.kind === STRING) bytes += Buffer.byteLength(stringValue(text, node));
    }
  }
  return bytes;
}

export const FALSE_BYTES = 'not the bytes of its token; removed';

/**
 * Lists of bytes, of tokens and of their alternatives, that do not spell their token: they could carry a text that nobody
 * looked at. A piece of a character, which vendors write as U+FFFD or as `bytes:` with escapes, is none.
 */
export function falseBytes(text: string, tokens: readonly TokenLiteral[]): JsonNode[] {
  const found: JsonNode[] = [];
  for (const { value, bytes, alternatives } of tokens) {
    if (bytes !== null && !spells(text, bytes, value)) found.push(bytes);
    for (let item = alternatives?.first ?? null; item !== null; item = item.next) {
      const node = member(item, 'token');
      const list = arrayMember(item, 'bytes');
      const token = node?.kind === STRING ? stringValue(text, node) : '';
      if (list !== null && !spells(text, list, token)) found.push(list);
    }
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
