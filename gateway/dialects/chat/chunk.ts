import { Buffer } from 'node:buffer';
import { type JsonNode, member, pathOf } from '../../json/node.ts';
import type { JsonDocument } from '../../json/read.ts';
import type { LeafFacts } from '../../policies/kind.ts';
import type { TextUnit } from '../channel.ts';
import type { SkippedLeaf } from '../dialect.ts';
import type { OutFrame } from '../frame.ts';
import type { Shape } from '../shape.ts';
import { SkippedList } from '../skipped.ts';
import { type Visitor, walk } from '../walk.ts';
import { ALTERNATIVES, ANSWER_SHAPE, choiceIndex, literalBytes, refuseUpstream } from './answer.ts';
import type { Channels } from './channels.ts';
import { alternativeBytes, readTokens, tokenSplices } from './logprobs.ts';
import { type Place, placeOf } from './places.ts';

const ROLE = 'choices[].delta.role';

/** Reads the chunks of one stream: gives each text to its channel and counts what was scanned and what was not. */
export class ChunkReader {
  /** Choices that were seen. */
  readonly choices = new Set<number>();
  readonly #channels: Channels;
  readonly #skipped = new SkippedList();
  readonly #roles = new Set<number>();
  #scannedBytes = 0;
  #outputBytes = 0;

  constructor(channels: Channels) {
    this.#channels = channels;
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

  /** @throws GatewayError `upstream_invalid`, and what a guard throws */
  read(document: JsonDocument, frame: OutFrame): void {
    const { root, text } = document;
    for (let choice = member(root, 'choices')?.first ?? null; choice !== null; choice = choice.next) {
      const index = choiceIndex(text, choice);
      frame.choices.push(index);
      this.choices.add(index);
    }
    const visitor: Visitor = {
      text: (node, value, part, role, shape) => this.#text(document, frame, node, value, part, role, shape),
      key: (node, part, role) => this.#key(frame, node, part, role),
      skipped: (node, shape) => {
        if (shape.path === ROLE) this.#role(choiceIndex(text, node.parent!.parent!), frame);
        this.#skipped.add(shape.path, literalBytes(document, node), shape.skip!.reason);
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
    if (place.form === 'once') {
      const facts = outputFacts(pathOf(node), part, role);
      this.#literal(frame, node, this.#channels.once(frame, facts, value));
      return;
    }
    this.#outputBytes += bytes;
    const facts = outputFacts(place.path, part, 'assistant');
    if (shape?.json === true) {
      this.#channels.json(frame, facts, place).push(frame, node, value);
    } else this.#literal(frame, node, this.#channels.text(frame, facts, value, place));
  }

  /** Says who speaks: first of all that is said of the choice. */
  #role(choice: number, frame: OutFrame): void {
    if (this.#roles.has(choice)) return;
    this.#roles.add(choice);
    frame.walls.push(choice);
  }

  #literal(frame: OutFrame, node: JsonNode, unit: TextUnit | null): void {
    if (unit === null) return;
    frame.add({
      splices: () =>
        unit.edited ? [{ start: node.start, end: node.end, text: JSON.stringify(unit.result) }] : [],
    });
  }

  #key(frame: OutFrame, node: JsonNode, part: LeafFacts['part'], role: string | null): void {
    this.#scannedBytes += Buffer.byteLength(node.key!);
    const unit = this.#channels.once(frame, outputFacts(`${pathOf(node)}#key`, part, role), node.key!);
    if (unit === null) return;
    const splice = { start: node.keyStart, end: node.keyEnd, text: JSON.stringify(unit.result) };
    frame.add({ splices: () => [splice] });
  }

  #logprobs(document: JsonDocument, frame: OutFrame, node: JsonNode): void {
    const { text } = document;
    const tokens = readTokens(text, node);
    const bytes = alternativeBytes(text, tokens);
    if (bytes > 0) this.#skipped.add('choices[].logprobs[].top_logprobs[].token', bytes, ALTERNATIVES);
    const choice = choiceIndex(text, node.parent!.parent!);
    const path = `choices[${choice}].logprobs.${node.key}`;
    const place: Place = { choice, form: 'channel', id: path, lane: path, path, steps: [] };
    const facts = outputFacts(path, 'logprobs', null);
    for (const token of tokens) {
      if (token.value === '') continue;
      this.#scannedBytes += Buffer.byteLength(token.value);
      const unit = this.#channels.text(frame, facts, token.value, place);
      frame.add({ splices: () => (unit.edited ? tokenSplices(token, unit.result) : []) });
    }
  }
}

function outputFacts(path: string, part: LeafFacts['part'], role: string | null): LeafFacts {
  return role === null ? { phase: 'output', path, part } : { phase: 'output', path, part, role };
}
