import { Buffer } from 'node:buffer';
import { type JsonNode, member, pathOf } from '../../json/node.ts';
import type { JsonDocument } from '../../json/read.ts';
import type { Splice } from '../../json/splice.ts';
import type { LeafFacts } from '../../policies/kind.ts';
import type { TextUnit } from '../channel.ts';
import type { SkippedLeaf } from '../dialect.ts';
import { OutFrame } from '../frame.ts';
import { type KeyEdit, keySplices } from '../key-edits.ts';
import type { Shape } from '../shape.ts';
import { SkippedList, skippedBytes } from '../skipped.ts';
import type { SseFrame } from '../sse.ts';
import { TextLiteral } from '../text-literal.ts';
import { NUMBER_REASON, type Visitor, walk } from '../walk.ts';
import { ANSWER_SHAPE, choiceIndex, refuseUpstream, skipAlternatives } from './answer.ts';
import type { Channels } from './channels.ts';
import { ChunkForm, type FormText, type SeenChunk, type SkippedString } from './chunk-form.ts';
import { FALSE_BYTES, falseBytes, readTokens, tokenSplices, unread } from './logprobs.ts';
import { type Place, placeOf } from './places.ts';
import type { StreamCalls } from './stream-calls.ts';

/** Where a string stands in a frame's data. */
type Literal = Pick<JsonNode, 'start' | 'end'>;

const ROLE = 'choices[].delta.role';

/** Reads the chunks of one stream: gives each text to its channel and counts what was scanned and what was not. */
export class ChunkReader {
  /** Choices that were seen. */
  readonly choices = new Set<number>();
  readonly #channels: Channels;
  readonly #calls: StreamCalls | null;
  readonly #skipped = new SkippedList();
  readonly #roles = new Set<number>();
  #scannedBytes = 0;
  #outputBytes = 0;
  /** Of the chunk being read: its pieces of text, its skipped strings, and whether it has anything of another sort. */
  #pieces: Pick<SeenChunk, 'node' | 'place'>[] = [];
  #passed: SkippedString[] = [];
  #plain = true;
  #keys: KeyEdit[] = [];

  /** @param calls null where nobody judges calls of tools */
  constructor(channels: Channels, calls: StreamCalls | null) {
    this.#channels = channels;
    this.#calls = calls;
  }

  get skipped(): SkippedLeaf[] {
    return this.#skipped.all;
  }

  get scannedBytes(): number {
    return this.#scannedBytes;
  }

  get outputBytes(): number {
    return this.#outputBytes;
  }

  /**
   * @returns the form of the chunk where it has one piece of text and else nothing that would be new in another
   * @throws GatewayError `upstream_invalid`, and what a guard throws
   */
  read(document: JsonDocument, frame: OutFrame): ChunkForm | null {
    const before = this.#scannedBytes;
    const written = this.#outputBytes;
    this.#pieces = [];
    this.#passed = [];
    this.#plain = true;
    this.#keys = [];
    this.#walk(document, frame);
    const splices = keySplices(this.#keys);
    if (splices.length > 0) frame.add({ splices: () => splices });
    const [piece] = this.#pieces;
    if (piece === undefined || this.#pieces.length > 1 || !this.#plain || frame.walls.length > 0) return null;
    const scannedBytes = this.#scannedBytes - before - (this.#outputBytes - written);
    return new ChunkForm(document.text, {
      ...piece,
      choices: frame.choices,
      scannedBytes,
      skipped: this.#passed,
    });
  }

  /** A piece of text of a chunk of a known form, which is still to be looked at. */
  piece(frame: OutFrame, form: ChunkForm, { value, start, end }: FormText): TextUnit {
    const unit = this.#channels.piece(frame, value, form.place);
    frame.add(new TextLiteral(unit, start, end));
    return unit;
  }

  /** Looks at what stands beside the data of an event. @returns whether it may stay. @throws what a guard throws */
  isClean(frame: SseFrame, text: string): boolean {
    this.#scannedBytes += Buffer.byteLength(text);
    return this.#channels.once(new OutFrame(frame), outputFacts('event', 'other', null), text) === null;
  }

  /** Counts a chunk of a known form. */
  count(form: ChunkForm, text: FormText): void {
    this.#scannedBytes += form.count(text) + text.bytes;
    this.#outputBytes += text.bytes;
  }

  #walk(document: JsonDocument, frame: OutFrame): void {
    const { root, text } = document;
    for (let choice = member(root, 'choices')?.first ?? null; choice !== null; choice = choice.next) {
      const index = choiceIndex(text, choice);
      frame.choices.push(index);
      this.choices.add(index);
    }
    if (this.#calls?.read(document, frame) === true) this.#plain = false;
    const visitor: Visitor = {
      text: (node, value, part, role, shape) => this.#text(document, frame, node, value, part, role, shape),
      key: (node, part, role) => this.#key(frame, node, part, role),
      skipped: (node, shape) => {
        if (shape.path === ROLE) this.#role(choiceIndex(text, node.parent!.parent!), frame);
        const bytes = skippedBytes(node);
        const { when, reason } = shape.skip!;
        const counted = this.#skipped.add(shape.path, bytes, reason);
        this.#passed.push({ node, key: shape.key, when, counted, bytes });
      },
      number: (node, path) => {
        this.#plain = false;
        this.#skipped.add(path, node.end - node.start, NUMBER_REASON);
      },
      mismatch: refuseUpstream,
      logprobs: (node) => this.#logprobs(document, frame, node),
    };
    walk(document, ANSWER_SHAPE, visitor);
  }

  #text(
    document: JsonDocument,
    frame: OutFrame,
    node: JsonNode,
    value: string,
    part: LeafFacts['part'],
    role: string | null,
    shape: Shape | null,
  ): void {
    const bytes = Buffer.byteLength(value);
    this.#scannedBytes += bytes;
    const place = placeOf(document.text, node, shape);
    const once = place.form === 'once';
    if (!once) this.#outputBytes += bytes;
    const facts = once ? outputFacts(pathOf(node), part, role) : outputFacts(place.path, part, 'assistant');
    const isJson = shape?.json === true && !once;
    const kept = this.#calls?.kept(node);
    if (kept == null) {
      if (place.form === 'channel' && !isJson) this.#pieces.push({ node, place });
      this.#give(frame, node, value, facts, place, isJson);
      return;
    }
    // The rest of the chunk need not be held in memory with it.
    const { start, end } = node;
    kept.replay = () => this.#give(frame, { start, end }, value, facts, place, isJson);
  }

  /** Gives a string to its channel. */
  #give(
    frame: OutFrame,
    literal: Literal,
    value: string,
    facts: LeafFacts,
    place: Place,
    isJson: boolean,
  ): void {
    if (place.form === 'once') {
      const unit = this.#channels.once(frame, facts, value);
      this.#plain &&= unit === null;
      this.#literal(frame, literal, unit);
    } else if (isJson) {
      this.#plain = false;
      this.#channels.json(frame, facts, place).push(frame, literal, value);
    } else {
      if (place.form === 'head') this.#plain = false;
      this.#literal(frame, literal, this.#channels.text(frame, facts, value, place));
    }
  }

  /** Says who speaks: first of all that is said of the choice. */
  #role(choice: number, frame: OutFrame): void {
    if (this.#roles.has(choice)) return;
    this.#roles.add(choice);
    frame.walls.push(choice);
  }

  #literal(frame: OutFrame, { start, end }: Literal, unit: TextUnit | null): void {
    if (unit !== null) frame.add(new TextLiteral(unit, start, end));
  }

  #key(frame: OutFrame, node: JsonNode, part: LeafFacts['part'], role: string | null): void {
    this.#scannedBytes += Buffer.byteLength(node.key!);
    const unit = this.#channels.once(frame, outputFacts(`${pathOf(node)}#key`, part, role), node.key!);
    if (unit === null) return;
    this.#plain = false;
    this.#keys.push({ node, text: unit.result });
  }

  #logprobs(document: JsonDocument, frame: OutFrame, node: JsonNode): JsonNode[] {
    const { text } = document;
    this.#plain = false;
    const tokens = readTokens(text, node);
    skipAlternatives(text, node, (path, bytes, reason) => this.#skipped.add(path, bytes, reason));
    const choice = choiceIndex(text, node.parent!.parent!);
    const path = `choices[${choice}].logprobs.${node.key}`;
    const place: Place = { choice, form: 'channel', id: path, lane: path, path, steps: [] };
    const facts = outputFacts(path, 'logprobs', null);
    const removals = new Map<JsonNode, Splice[]>();
    for (const { start, end, parent } of falseBytes(text, node)) {
      frame.edited = true;
      this.#skipped.add('choices[].logprobs[].bytes', end - start, FALSE_BYTES);
      // Of the token, or of one of its alternatives.
      const item = parent!.parent === node ? parent! : parent!.parent!.parent!;
      const together = removals.get(item) ?? [];
      removals.set(item, together);
      together.push({ start, end, text: 'null' });
    }
    for (const token of tokens) {
      const removed = removals.get(token.node.parent!) ?? [];
      removals.delete(token.node.parent!);
      if (removed.length > 0 && token.value === '') frame.add({ splices: () => removed });
      if (token.value === '') continue;
      this.#scannedBytes += Buffer.byteLength(token.value);
      const unit = this.#channels.text(frame, facts, token.value, place);
      frame.add({ splices: () => (unit.edited ? tokenSplices(token, unit.result) : removed) });
    }
    for (const removed of removals.values()) frame.add({ splices: () => removed });
    return unread(node);
  }
}

function outputFacts(path: string, part: LeafFacts['part'], role: string | null): LeafFacts {
  return role === null ? { phase: 'output', path, part } : { phase: 'output', path, part, role };
}
