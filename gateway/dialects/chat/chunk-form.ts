import { scanString } from '../../json/literal.ts';
import type { JsonNode } from '../../json/node.ts';
import type { SkippedLeaf } from '../dialect.ts';
import { type SkipWhen, skips } from '../shape.ts';
import type { Place } from './places.ts';

/** A string of a chunk that was not scanned, and where it is counted. */
export interface SkippedString {
  node: JsonNode;
  key: string;
  when: SkipWhen;
  counted: SkippedLeaf;
  bytes: number;
}

/** What was seen in a chunk that has one piece of a channel's text, and nothing else that is still to be decided. */
export interface SeenChunk {
  node: JsonNode;
  place: Place;
  choices: number[];
  /** Bytes of what was scanned beside the text. */
  scannedBytes: number;
  skipped: readonly SkippedString[];
}

/** What a chunk of a form says: its text, where the literal stands in its data, and the bytes of text and padding. */
export interface FormText {
  value: string;
  bytes: number;
  start: number;
  end: number;
  padding: number;
}

/** A string that differs from chunk to chunk although it is no text: random padding. */
const PADDING = 'obfuscation';
const QUOTE = '"';

/**
 * The form that nearly all chunks of a stream share: the same characters, but for the piece of text and for padding.
 * A chunk of it says the same as the one it was taken from, so it need not be parsed again, and what was found clean
 * or skipped in that one is so in this.
 */
export class ChunkForm {
  readonly place: Place;
  readonly choices: number[];
  readonly lanes: string[];
  readonly #scannedBytes: number;
  /** The characters around the literals that differ, the opening quotes included. */
  readonly #parts: string[] = [];
  /** The literals that differ, in order: `null` for the text. */
  readonly #holes: (SkippedString | null)[] = [];
  readonly #skipped: readonly SkippedString[];

  constructor(data: string, seen: SeenChunk) {
    this.place = seen.place;
    this.choices = seen.choices;
    this.lanes = [seen.place.lane];
    this.#scannedBytes = seen.scannedBytes;
    const padding = seen.skipped.filter(({ key }) => key === PADDING);
    this.#skipped = seen.skipped.filter(({ key }) => key !== PADDING);
    const holes = [{ node: seen.node, hole: null }, ...padding.map((hole) => ({ node: hole.node, hole }))];
    let at = 0;
    for (const { node, hole } of holes.sort((a, b) => a.node.start - b.node.start)) {
      this.#parts.push(data.slice(at, node.start) + QUOTE);
      this.#holes.push(hole);
      at = node.end;
    }
    this.#parts.push(data.slice(at));
  }

  /**
   * @param ascii whether the data is known to be of ASCII alone
   * @returns `null` for data of another form, and for an empty text
   */
  read(data: string, ascii: boolean): FormText | null {
    const read = { value: '', bytes: 0, start: 0, end: 0, padding: 0 };
    let at = 0;
    for (let index = 0; index < this.#holes.length; index++) {
      const part = this.#parts[index]!;
      // To compare a slice is eight times as fast as `startsWith`.
      if (data.slice(at, at + part.length) !== part) return null;
      const start = at + part.length - 1;
      const found = scanString(data, start);
      if (found === 0) return null;
      at = found < 0 ? ~found : found;
      const value = found > 0 ? data.slice(start + 1, at - 1) : (JSON.parse(data.slice(start, at)) as string);
      const hole = this.#holes[index]!;
      if (hole === null) {
        read.value = value;
        read.bytes = ascii && found > 0 ? value.length : Buffer.byteLength(value);
        read.start = start;
        read.end = at;
      } else if (found > 0 && skips(hole.when, value)) read.padding += value.length;
      else return null;
    }
    const last = this.#parts[this.#holes.length]!;
    return data.slice(at) === last && read.value !== '' ? read : null;
  }

  /** Counts what stands beside the text of such a chunk. @returns bytes that count as scanned */
  count({ padding }: FormText): number {
    for (const { counted, bytes } of this.#skipped) counted.bytes += bytes;
    for (const hole of this.#holes) if (hole !== null) hole.counted.bytes += padding;
    return this.#scannedBytes;
  }
}
