import { GatewayError } from '../../errors.ts';
import { JsonError } from '../../json/error.ts';
import {
  BOOLEAN,
  type JsonNode,
  member,
  numberMember,
  OBJECT,
  pathOf,
  stringMember,
} from '../../json/node.ts';
import { decodeUtf8, type JsonDocument, readJson } from '../../json/read.ts';
import type { Splice } from '../../json/splice.ts';
import type { Leaf, LeafEdit, ParsedRequest, SkippedLeaf } from '../dialect.ts';
import { LeafList } from '../leaves.ts';
import { compileShape, type Shape } from '../shape.ts';
import { skippedBytes } from '../skipped.ts';
import type { ToolCall } from '../tool-call.ts';
import { NUMBER_REASON, nameAncestors, walk } from '../walk.ts';
import { readCalls } from './calls.ts';
import { REQUEST_FIELDS } from './request-fields.ts';

/**
 * Values of one request, and strings of the JSON texts in it. To read so many takes up to 0.1 s, in which nobody else has
 * a turn; long conversations with many tools have some ten thousand.
 */
const MAX_REQUEST_NODES = 50_000;

const SHAPE = compileShape(REQUEST_FIELDS);

/**
 * @throws GatewayError `invalid_json`, `invalid_utf8`, `duplicate_key`, `nesting_too_deep`, `body_too_large` (too many
 * values), `invalid_request`
 */
export function readRequest(body: Buffer): ParsedRequest {
  try {
    return new ChatRequest(body, readJson(decodeUtf8(body), MAX_REQUEST_NODES));
  } catch (error) {
    throw error instanceof JsonError ? refusalOf(error) : error;
  }
}

function refusalOf(error: JsonError): GatewayError {
  let where = '';
  if (error.node !== null) {
    nameAncestors(error.node, SHAPE);
    const path = pathOf(error.node);
    if (path !== '') where = ` At \`${path}\`.`;
  }
  const code = error.code === 'too_many_values' ? 'body_too_large' : error.code;
  return new GatewayError(code, error.message + where, { cause: error });
}

function readLeaves(document: JsonDocument): LeafList {
  const list = new LeafList('input', MAX_REQUEST_NODES);
  walk(document, SHAPE, {
    text(node, value, part, role, shape) {
      if (shape?.json === true) list.json(node, value, part, role);
      else list.value(node, value, part, role);
    },
    key: (node, part, role) => list.key(node, part, role),
    skipped: (node, shape) => list.skip(shape.path, skippedBytes(node), shape.skip!.reason),
    number: (node, path) => list.skip(path, node.end - node.start, NUMBER_REASON),
    mismatch: refuse,
    logprobs: () => [],
  });
  return list;
}

class ChatRequest implements ParsedRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly maxOutputTokens: number | null;
  readonly #body: Buffer;
  readonly #document: JsonDocument;
  readonly #list: LeafList;

  constructor(body: Buffer, document: JsonDocument) {
    const { root, text } = document;
    this.#body = body;
    this.#document = document;
    this.#list = readLeaves(document);
    this.model = stringMember(text, root, 'model') ?? '';
    if (this.model === '') throw invalid('`model` must be a string that is not empty.');
    this.stream = isTrue(document, member(root, 'stream'));
    this.maxOutputTokens =
      numberMember(text, root, 'max_completion_tokens') ?? numberMember(text, root, 'max_tokens');
  }

  get leaves(): readonly Leaf[] {
    return this.#list.leaves;
  }

  get skipped(): readonly SkippedLeaf[] {
    return this.#list.skipped;
  }

  get scannedBytes(): number {
    return this.#list.scannedBytes;
  }

  toolCalls(): ToolCall[] {
    const { root } = this.#document;
    return readCalls(this.#document, messagesOf(member(root, 'messages')), this.#list);
  }

  withEdits(
    edits: readonly LeafEdit[],
    own: { model?: string; includeUsage?: boolean },
  ): { body: Buffer; listed: string[] } {
    const { root, text } = this.#document;
    const splices: Splice[] = [];
    const listed: string[] = [];
    let leafEdits = edits;
    if (own.model !== undefined && own.model !== this.model) {
      const { start, end } = member(root, 'model')!;
      splices.push({ start, end, text: JSON.stringify(own.model) });
      listed.push('alias');
      // The name that is written says nothing of the caller's any more.
      leafEdits = edits.filter(({ ref }) => this.leaves[ref]?.path !== 'model');
    }
    const usage = own.includeUsage === true ? this.#includeUsage() : null;
    if (usage !== null) {
      splices.push(usage);
      listed.push('include_usage');
    }
    if (edits.length === 0 && splices.length === 0) return { body: this.#body, listed };
    return { body: Buffer.from(this.#list.splice(text, leafEdits, splices)), listed };
  }

  /** The smallest change by which the request asks for usage; none when it does already. */
  #includeUsage(): Splice | null {
    const { root } = this.#document;
    const options = member(root, 'stream_options');
    if (options === null) return appendMember(root, '"stream_options":{"include_usage":true}');
    if (options.kind !== OBJECT) {
      return { start: options.start, end: options.end, text: '{"include_usage":true}' };
    }
    const asked = member(options, 'include_usage');
    if (asked === null) return appendMember(options, '"include_usage":true');
    if (isTrue(this.#document, asked)) return null;
    return { start: asked.start, end: asked.end, text: 'true' };
  }
}

function* messagesOf(list: JsonNode | null): Generator<{ message: JsonNode; owner: number }> {
  for (let message = list?.first ?? null; message !== null; message = message.next) {
    yield { message, owner: message.index };
  }
}

/** Writes a member behind the last one of an object, or as its only one. */
function appendMember(object: JsonNode, written: string): Splice {
  const at = object.last === null ? object.start + 1 : object.last.end;
  return { start: at, end: at, text: object.last === null ? written : `,${written}` };
}

function isTrue(document: JsonDocument, node: JsonNode | null): boolean {
  return node?.kind === BOOLEAN && document.text.charCodeAt(node.start) === 0x74;
}

function refuse(node: JsonNode, { key, expected }: Shape): never {
  const path = pathOf(node);
  // A required field that is missing is told of its object.
  if (key !== '' && node.key !== key) {
    throw invalid(`\`${path === '' ? key : `${path}.${key}`}\` is missing; it must be ${expected}.`);
  }
  throw invalid(`${path === '' ? 'The body' : `\`${path}\``} must be ${expected}.`);
}

function invalid(message: string): GatewayError {
  return new GatewayError('invalid_request', message);
}
