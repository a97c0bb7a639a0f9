import { Buffer } from 'node:buffer';
import { type InnerString, innerReplacement, innerStrings } from '../json/inner.ts';
import { type JsonNode, pathOf } from '../json/node.ts';
import { MAX_NODES } from '../json/read.ts';
import { type Splice, spliceText } from '../json/splice.ts';
import type { LeafFacts, Phase } from '../policies/kind.ts';
import type { Leaf, LeafEdit, SkippedLeaf } from './dialect.ts';
import { type KeyEdit, keySplices } from './key-edits.ts';
import { SkippedList } from './skipped.ts';

/** How a leaf's new value gets into the body. */
interface Place {
  /** Splices for this value, given the document's text. */
  splices(text: string, value: string): Splice[];
}

/** A string in a JSON text that is itself a string. */
interface InnerPlace {
  host: JsonNode;
  hostText: string;
  inner: InnerString;
}

type AnyPlace = Place | InnerPlace | { key: JsonNode };

/** One scanned string. Its path is written only when somebody asks. */
class ScannedLeaf implements Leaf {
  readonly phase: Phase;
  readonly part: LeafFacts['part'];
  readonly role?: string;
  readonly text: string;
  readonly ref: number;
  readonly #node: JsonNode;
  readonly #suffix: string;

  constructor(
    facts: { phase: Phase; part: LeafFacts['part']; role: string | null },
    text: string,
    ref: number,
    node: JsonNode,
    suffix: string,
  ) {
    this.phase = facts.phase;
    this.part = facts.part;
    if (facts.role !== null) this.role = facts.role;
    this.text = text;
    this.ref = ref;
    this.#node = node;
    this.#suffix = suffix;
  }

  get path(): string {
    return pathOf(this.#node) + this.#suffix;
  }

  /** The value that it is, or stands in; null for a key. */
  get node(): JsonNode | null {
    return this.#suffix === '#key' ? null : this.#node;
  }
}

/** Collects the strings of one body and splices new values into it. */
export class LeafList {
  readonly leaves: ScannedLeaf[] = [];
  readonly #phase: Phase;
  readonly #places: AnyPlace[] = [];
  readonly #skipped = new SkippedList();
  readonly #removed: JsonNode[] = [];
  readonly #maxInner: number;
  #inner = 0;
  #scannedBytes = 0;

  /** @param maxInner strings that all JSON texts inside strings may hold together */
  constructor(phase: Phase, maxInner: number = MAX_NODES) {
    this.#phase = phase;
    this.#maxInner = maxInner;
  }

  get skipped(): SkippedLeaf[] {
    return this.#skipped.all;
  }

  get scannedBytes(): number {
    return this.#scannedBytes;
  }

  /** A string value. */
  value(node: JsonNode, text: string, part: LeafFacts['part'], role: string | null): void {
    this.#add(node, '', text, part, role, {
      splices: (_, value) => [{ start: node.start, end: node.end, text: JSON.stringify(value) }],
    });
  }

  /** The key of a member. */
  key(node: JsonNode, part: LeafFacts['part'], role: string | null): void {
    this.#add(node, '#key', node.key!, part, role, { key: node });
  }

  /**
   * The strings of a JSON text that is itself a string value.
   * @throws JsonError `too_many_values`
   */
  json(node: JsonNode, text: string, part: LeafFacts['part'], role: string | null): void {
    const strings = innerStrings(text, this.#maxInner - this.#inner);
    this.#inner += strings.length;
    for (const inner of strings) {
      this.#add(node, `{${inner.index}}`, inner.value, part, role, { host: node, hostText: text, inner });
    }
  }

  /** A text that is spread over several literals. */
  spread(node: JsonNode, text: string, part: LeafFacts['part'], place: Place): void {
    this.#add(node, '', text, part, null, place);
  }

  /** A string that is not scanned. Strings of one field are counted together. */
  skip(path: string, bytes: number, reason: string): void {
    this.#skipped.add(path, bytes, reason);
  }

  /** A value that is not to leave, whatever is found. */
  remove(node: JsonNode): void {
    this.#removed.push(node);
  }

  get removes(): boolean {
    return this.#removed.length > 0;
  }

  /** For each node the leaves of its value: one, or the strings of a JSON text in their order. */
  byNode(): ReadonlyMap<JsonNode, readonly number[]> {
    const found = new Map<JsonNode, number[]>();
    for (const { node, ref } of this.leaves) {
      if (node === null) continue;
      const refs = found.get(node);
      if (refs === undefined) found.set(node, [ref]);
      else refs.push(ref);
    }
    return found;
  }

  /** The document's text with these edits and the further splices. */
  splice(text: string, edits: readonly LeafEdit[], more: readonly Splice[] = []): string {
    const splices: Splice[] = [...more];
    const keys: KeyEdit[] = [];
    const hosts = new Map<JsonNode, { text: string; splices: Splice[] }>();
    for (const edit of edits) {
      const place = this.#places[edit.ref];
      if (place === undefined) throw new RangeError(`no leaf ${edit.ref}`);
      if ('key' in place) {
        keys.push({ node: place.key, text: edit.text });
        continue;
      }
      if (!('host' in place)) {
        splices.push(...place.splices(text, edit.text));
        continue;
      }
      let host = hosts.get(place.host);
      if (host === undefined) {
        host = { text: place.hostText, splices: [] };
        hosts.set(place.host, host);
      }
      const { start, end } = place.inner;
      host.splices.push({ start, end, text: innerReplacement(place.inner, edit.text) });
    }
    splices.push(...keySplices(keys));
    for (const [node, host] of hosts) {
      const value = spliceText(host.text, host.splices);
      splices.push({ start: node.start, end: node.end, text: JSON.stringify(value) });
    }
    if (this.#removed.length === 0) return spliceText(text, splices);
    const starts = new Set(splices.map(({ start }) => start));
    for (const node of this.#removed) {
      let at: JsonNode | null = node;
      while (at !== null && !starts.has(at.start)) at = at.parent;
      if (at === null) splices.push({ start: node.start, end: node.end, text: 'null' });
    }
    return spliceText(text, splices);
  }

  #add(
    node: JsonNode,
    suffix: string,
    text: string,
    part: LeafFacts['part'],
    role: string | null,
    place: AnyPlace,
  ): void {
    const facts = { phase: this.#phase, part, role };
    this.leaves.push(new ScannedLeaf(facts, text, this.leaves.length, node, suffix));
    this.#places.push(place);
    this.#scannedBytes += Buffer.byteLength(text);
  }
}
