import { isAscii, isUtf8 } from 'node:buffer';
import { JsonError, type JsonErrorCode } from './error.ts';
import { scanNumber } from './literal.ts';
import { ARRAY, BOOLEAN, type JsonNode, type Kind, NULL, NUMBER, OBJECT, STRING } from './node.ts';
import { StringEnds } from './string-ends.ts';

/** Containers that may stand inside each other. */
export const MAX_DEPTH = 64;
/** Values of one text; each costs about 150 bytes of memory while the text is held. */
export const MAX_NODES = 250_000;
/** Members up to which keys are compared one by one; larger objects get a set. */
const FEW_MEMBERS = 12;

/** A JSON text that was read: the decoded text, its values, and how many there are. */
export interface JsonDocument {
  readonly text: string;
  readonly root: JsonNode;
  readonly nodes: number;
}

/**
 * Decodes bytes as strict UTF-8. Valid UTF-8 comes back unchanged when it is encoded again, which is why the rest
 * of this folder may work on strings and still respect bytes.
 * @throws JsonError `invalid_utf8`
 */
export function decodeUtf8(body: Buffer): string {
  if (isAscii(body)) return body.toString('latin1');
  if (!isUtf8(body)) throw new JsonError('invalid_utf8', 'The body is not valid UTF-8.', -1, null);
  return body.toString('utf8');
}

/**
 * Reads one JSON text by RFC 8259: no comments, trailing commas, byte order mark or duplicate keys, at most
 * `MAX_DEPTH` levels and `maxNodes` values. Iterative.
 * @throws JsonError
 */
export function readJson(text: string, maxNodes: number = MAX_NODES): JsonDocument {
  let pos = skipSpace(text, 0);
  let open: JsonNode | null = null;
  let root: JsonNode | null = null;
  let depth = 0;
  let nodes = 0;
  let keys: Map<JsonNode, Set<string>> | null = null;
  const ends = new StringEnds(text);
  for (;;) {
    // One value, with its key where it stands in an object.
    let key: string | null = null;
    let keyStart = 0;
    let keyEnd = 0;
    if (open !== null && open.kind === OBJECT) {
      if (text.charCodeAt(pos) !== 0x22) throw fail(text, 'a key in double quotes', pos, open);
      keyStart = pos;
      const found = ends.of(pos);
      if (found === 0) throw fail(text, 'a valid string', pos, open);
      keyEnd = found < 0 ? ~found : found;
      key =
        found < 0
          ? (JSON.parse(text.slice(keyStart, keyEnd)) as string)
          : text.slice(keyStart + 1, keyEnd - 1);
      pos = skipSpace(text, keyEnd);
      if (text.charCodeAt(pos) !== 0x3a) throw fail(text, 'a colon', pos, open);
      pos = skipSpace(text, pos + 1);
    }
    const c = text.charCodeAt(pos);
    let kind: Kind;
    let end = pos;
    let escaped = false;
    if (c === 0x22) {
      kind = STRING;
      end = ends.of(pos);
      if (end === 0) throw fail(text, 'a valid string', pos, open);
      if (end < 0) {
        escaped = true;
        end = ~end;
      }
    } else if (c === 0x7b) kind = OBJECT;
    else if (c === 0x5b) kind = ARRAY;
    else if (c === 0x6e && text.startsWith('null', pos)) {
      kind = NULL;
      end = pos + 4;
    } else if (c === 0x74 && text.startsWith('true', pos)) {
      kind = BOOLEAN;
      end = pos + 4;
    } else if (c === 0x66 && text.startsWith('false', pos)) {
      kind = BOOLEAN;
      end = pos + 5;
    } else {
      kind = NUMBER;
      end = scanNumber(text, pos);
      if (end === 0) throw fail(text, 'a value', pos, open);
    }
    const node: JsonNode = {
      kind,
      start: pos,
      end,
      parent: open,
      key,
      keyStart,
      keyEnd,
      index: open === null ? 0 : open.size,
      size: 0,
      first: null,
      last: null,
      next: null,
      escaped,
      named: false,
    };
    if (++nodes > maxNodes) {
      throw new JsonError('too_many_values', `The body holds more than ${maxNodes} values.`, pos, open);
    }
    if (open === null) root = node;
    else {
      if (key !== null && open.size >= FEW_MEMBERS) keys = checkLarge(keys, open, node, key);
      else if (key !== null) {
        for (let other = open.first; other !== null; other = other.next) {
          if (other.key === key) throw duplicate(node);
        }
      }
      open.size++;
      if (open.last === null) open.first = node;
      else open.last.next = node;
      open.last = node;
    }
    if (kind === OBJECT || kind === ARRAY) {
      if (++depth > MAX_DEPTH) {
        throw new JsonError('nesting_too_deep', `The body nests deeper than ${MAX_DEPTH} levels.`, pos, node);
      }
      open = node;
      pos = skipSpace(text, pos + 1);
      const close = kind === OBJECT ? 0x7d : 0x5d;
      if (text.charCodeAt(pos) !== close) continue;
    } else pos = skipSpace(text, end);
    // After a value, or at the end of an empty container: close what closes here.
    for (;;) {
      if (open === null) {
        if (pos !== text.length) throw fail(text, 'the end of the body', pos, null);
        return { text, root: root!, nodes };
      }
      const after = text.charCodeAt(pos);
      if (after === 0x2c && open.size > 0) {
        pos = skipSpace(text, pos + 1);
        break;
      }
      if (after !== (open.kind === OBJECT ? 0x7d : 0x5d)) {
        throw fail(text, open.kind === OBJECT ? 'a comma or "}"' : 'a comma or "]"', pos, open);
      }
      pos++;
      open.end = pos;
      open = open.parent;
      depth--;
      pos = skipSpace(text, pos);
    }
  }
}

function skipSpace(text: string, from: number): number {
  let i = from;
  for (;;) {
    const c = text.charCodeAt(i);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return i;
    i++;
  }
}

function checkLarge(
  keys: Map<JsonNode, Set<string>> | null,
  open: JsonNode,
  node: JsonNode,
  key: string,
): Map<JsonNode, Set<string>> {
  const all = keys ?? new Map<JsonNode, Set<string>>();
  let seen = all.get(open);
  if (seen === undefined) {
    seen = new Set();
    for (let other = open.first; other !== null; other = other.next) seen.add(other.key!);
    all.set(open, seen);
  }
  if (seen.has(key)) throw duplicate(node);
  seen.add(key);
  return all;
}

function duplicate(node: JsonNode): JsonError {
  return new JsonError('duplicate_key', 'An object has the same key twice.', node.keyStart, node);
}

function fail(text: string, expected: string, offset: number, node: JsonNode | null): JsonError {
  const code: JsonErrorCode = 'invalid_json';
  if (offset >= text.length) {
    return new JsonError(
      code,
      `The body ends after ${Buffer.byteLength(text)} bytes where ${expected} must follow.`,
      offset,
      node,
    );
  }
  const byte = Buffer.byteLength(text.slice(0, offset));
  return new JsonError(
    code,
    `The body is not valid JSON: expected ${expected} at byte ${byte}.`,
    offset,
    node,
  );
}
