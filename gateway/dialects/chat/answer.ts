import { Buffer } from 'node:buffer';
import { GatewayError } from '../../errors.ts';
import { JsonError } from '../../json/error.ts';
import {
  ARRAY,
  type JsonNode,
  member,
  NULL,
  pathOf,
  STRING,
  stringMember,
  stringValue,
} from '../../json/node.ts';
import { decodeUtf8, type JsonDocument, readJson } from '../../json/read.ts';
import type { Leaf, LeafEdit, ParsedAnswer, SkippedLeaf, Usage } from '../dialect.ts';
import { LeafList } from '../leaves.ts';
import { compileShape, type Shape } from '../shape.ts';
import { skippedBytes } from '../skipped.ts';
import type { ToolCall } from '../tool-call.ts';
import { NUMBER_REASON, walk } from '../walk.ts';
import { ANSWER_FIELDS } from './answer-fields.ts';
import { readCalls } from './calls.ts';
import { alternativesOf, FALSE_BYTES, falseBytes, readTokens, tokensSplices, unread } from './logprobs.ts';
import { readUsage } from './usage.ts';

export const ANSWER_SHAPE = compileShape(ANSWER_FIELDS);
const ALTERNATIVES = 'other tokens that the model considered; removed where a token is masked';
const BESIDE_ALTERNATIVES = 'unknown members of other tokens; removed where a token is masked';

/** Long answers with log probabilities have dozens of values a token. */
const MAX_ANSWER_NODES = 1_000_000;

/** Members one of which every error body that we know has: OpenAI's, Mistral's, FastAPI's, Cohere's. */
const ERROR_MEMBERS = ['error', 'detail', 'message'];

/** @throws GatewayError `upstream_invalid` for what is neither an answer nor an error body of a vendor. */
export function readAnswer(body: Buffer): ParsedAnswer {
  return readUpstream(() => {
    const document = readJson(decodeUtf8(body), MAX_ANSWER_NODES);
    return new ChatAnswer(body, document, readLeaves(document));
  }, 'The answer');
}

function readLeaves(document: JsonDocument): LeafList {
  const { root } = document;
  const isError = ERROR_MEMBERS.some((key) => (member(root, key)?.kind ?? NULL) !== NULL);
  if (member(root, 'choices')?.kind !== ARRAY && !isError) {
    throw new GatewayError(
      'upstream_invalid',
      'The answer of the upstream has neither choices nor an error.',
    );
  }
  const list = new LeafList('output');
  walk(document, ANSWER_SHAPE, {
    text(node, value, part, role, shape) {
      if (shape?.json === true) list.json(node, value, part, role);
      else list.value(node, value, part, role);
    },
    key: (node, part, role) => list.key(node, part, role),
    skipped: (node, shape) => list.skip(shape.path, skippedBytes(node), shape.skip!.reason),
    number: (node, path) => list.skip(path, node.end - node.start, NUMBER_REASON),
    mismatch: refuseUpstream,
    logprobs: (node) => addLogprobs(document, node, list),
  });
  return list;
}

/** Reads JSON of the upstream: what cannot be read is its fault. */
export function readUpstream<T>(read: () => T, what: string): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new GatewayError('upstream_invalid', `${what} of the upstream cannot be read (${error.code}).`, {
      cause: error,
    });
  }
}

export function refuseUpstream(node: JsonNode, shape: Shape): never {
  throw new GatewayError(
    'upstream_invalid',
    `In the answer of the upstream \`${pathOf(node)}\` is not ${shape.expected}.`,
  );
}

/** Counts the texts of alternatives, which are not scanned. */
export function skipAlternatives(
  text: string,
  node: JsonNode,
  skip: (path: string, bytes: number, reason: string) => void,
): void {
  const { tokens, others } = alternativesOf(text, node);
  const path = 'choices[].logprobs[].top_logprobs[]';
  if (tokens > 0) skip(`${path}.token`, tokens, ALTERNATIVES);
  if (others > 0) skip(`${path}.*`, others, BESIDE_ALTERNATIVES);
}

function addLogprobs(document: JsonDocument, node: JsonNode, list: LeafList): JsonNode[] {
  const tokens = readTokens(document.text, node);
  skipAlternatives(document.text, node, (path, bytes, reason) => list.skip(path, bytes, reason));
  for (const wrong of falseBytes(document.text, node)) {
    list.remove(wrong);
    list.skip('choices[].logprobs[].bytes', wrong.end - wrong.start, FALSE_BYTES);
  }
  const text = tokens.map((token) => token.value).join('');
  if (text !== '') {
    list.spread(node, text, 'logprobs', { splices: (_, value) => tokensSplices(tokens, value) });
  }
  return unread(node);
}

/** The finish reasons of an answer or a chunk, with the choice that each belongs to. */
export function readFinishReasons(document: JsonDocument): { choice: number; reason: string }[] {
  const found: { choice: number; reason: string }[] = [];
  const { root, text } = document;
  for (let choice = member(root, 'choices')?.first ?? null; choice !== null; choice = choice.next) {
    const reason = stringMember(text, choice, 'finish_reason');
    if (reason !== null && reason !== '') found.push({ choice: choiceIndex(text, choice), reason });
  }
  return found;
}

function* messagesOf({ root, text }: JsonDocument): Generator<{ message: JsonNode; owner: number }> {
  for (let choice = member(root, 'choices')?.first ?? null; choice !== null; choice = choice.next) {
    const message = member(choice, 'message');
    if (message !== null) yield { message, owner: choiceIndex(text, choice) };
  }
}

/** The index that a choice says it has, else its place. */
export function choiceIndex(text: string, choice: JsonNode): number {
  const node = member(choice, 'index');
  const index = node === null ? Number.NaN : Number(text.slice(node.start, node.end));
  return Number.isSafeInteger(index) && index >= 0 ? index : choice.index;
}

/** The model that an answer or a chunk names; `null` where it names none. */
export function readModel(document: JsonDocument): string | null {
  const node = member(document.root, 'model');
  const model = node?.kind === STRING ? stringValue(document.text, node) : '';
  return model === '' ? null : model;
}

class ChatAnswer implements ParsedAnswer {
  readonly model: string | null;
  readonly usage: Usage | null;
  readonly finishReasons: readonly string[];
  readonly #body: Buffer;
  readonly #document: JsonDocument;
  readonly #list: LeafList;

  constructor(body: Buffer, document: JsonDocument, list: LeafList) {
    this.#body = body;
    this.#document = document;
    this.#list = list;
    this.model = readModel(document);
    this.usage = readUsage(document);
    this.finishReasons = readFinishReasons(document).map(({ reason }) => reason);
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

  get outputBytes(): number {
    let bytes = 0;
    for (const { part, text } of this.#list.leaves) {
      if (part !== 'logprobs' && part !== 'other') bytes += Buffer.byteLength(text);
    }
    return bytes;
  }

  toolCalls(): ToolCall[] {
    return readCalls(this.#document, messagesOf(this.#document), this.#list);
  }

  withEdits(edits: readonly LeafEdit[]): Buffer {
    if (edits.length === 0 && !this.#list.removes) return this.#body;
    return Buffer.from(this.#list.splice(this.#document.text, edits));
  }
}
