import { FragmentReader, type FragmentSink } from '../json/fragments.ts';
import { innerReplacement } from '../json/inner.ts';
import type { JsonNode } from '../json/node.ts';
import type { Splice } from '../json/splice.ts';
import { type Channel, TextUnit } from './channel.ts';
import type { Editable, OutFrame } from './frame.ts';

/** A stretch of one literal: structure, or text that belongs to a unit. */
interface Piece {
  raw: string;
  unit: TextUnit | null;
  plain: boolean;
  number: boolean;
  /** The unit's new text is written here; its other pieces become empty. */
  primary: boolean;
}

/** Where a literal stands in a frame's data. */
type Literal = Pick<JsonNode, 'start' | 'end'>;

/** One literal of a frame that holds a fragment of a JSON text. */
class FragmentLiteral implements Editable {
  readonly pieces: Piece[] = [];
  /** Text that no unit stands for was put into it. */
  added = false;
  readonly #node: Literal;

  constructor(node: Literal) {
    this.#node = node;
  }

  splices(): Splice[] {
    if (!this.added && !this.pieces.some((piece) => piece.unit?.edited === true)) return [];
    let value = '';
    for (const piece of this.pieces) {
      if (piece.unit === null || !piece.unit.edited) value += piece.raw;
      else if (piece.primary) value += innerReplacement(piece, piece.unit.result);
    }
    return [{ start: this.#node.start, end: this.#node.end, text: JSON.stringify(value) }];
  }
}

/**
 * A JSON text that is streamed in fragments, such as the arguments of a tool call: each string in it is a channel of
 * its own, seen unescaped, so that its text is what a reader of the whole answer would scan.
 */
export class JsonChannel implements FragmentSink {
  readonly #reader = new FragmentReader(this);
  readonly #openString: (index: number) => Channel;
  #index = -1;
  #string: Channel | null = null;
  #plain = false;
  #frame: OutFrame | null = null;
  #literal: FragmentLiteral | null = null;
  #pending: { piece: Piece; frame: OutFrame }[] = [];
  #partial: { piece: Piece; frame: OutFrame }[] = [];

  /** @param openString makes the channel of the string with this running number */
  constructor(openString: (index: number) => Channel) {
    this.#openString = openString;
  }

  /** @throws what a guard throws */
  push(frame: OutFrame, node: Literal, fragment: string): void {
    this.#frame = frame;
    this.#literal = new FragmentLiteral(node);
    frame.add(this.#literal);
    this.#reader.push(fragment);
  }

  /** No more fragments: what is open is decided as it stands. @throws what a guard throws */
  end(): void {
    this.#reader.end();
  }

  structure(raw: string): void {
    this.#piece(raw);
  }

  pending(raw: string): void {
    this.#pending.push(this.#delayed(raw));
  }

  pendingWasNumber(): void {
    const pending = this.#pending;
    this.#pending = [];
    const value = pending.map(({ piece }) => piece.raw).join('');
    const unit = new TextUnit(value, [...new Set(pending.map(({ frame }) => frame))]);
    for (const [index, { piece, frame }] of pending.entries()) {
      piece.unit = unit;
      piece.number = true;
      piece.primary = index === 0;
      frame.waiting--;
    }
    this.#index++;
    const channel = this.#openString(this.#index);
    channel.push(unit);
    channel.close();
  }

  pendingWasStructure(): void {
    for (const { frame } of this.#pending) frame.waiting--;
    this.#pending = [];
  }

  pendingWasText(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { piece, frame } of pending) {
      piece.unit = new TextUnit(piece.raw, [frame]);
      piece.plain = true;
      frame.waiting--;
      this.#string!.push(piece.unit);
    }
  }

  open(plain: boolean): void {
    this.#index++;
    this.#plain = plain;
    this.#string = this.#openString(this.#index);
  }

  text(raw: string, value: string): void {
    const partial = this.#partial;
    this.#partial = [];
    const frames = new Set(partial.map(({ frame }) => frame));
    if (raw !== '') frames.add(this.#frame!);
    const unit = new TextUnit(value, [...frames]);
    for (const [index, { piece, frame }] of partial.entries()) {
      piece.unit = unit;
      piece.primary = index === 0;
      frame.waiting--;
    }
    if (raw !== '') {
      const piece = this.#piece(raw);
      piece.unit = unit;
      piece.plain = this.#plain;
      piece.primary = partial.length === 0;
    }
    this.#string!.push(unit);
  }

  partial(raw: string): void {
    this.#partial.push(this.#delayed(raw));
  }

  close(): void {
    const added = this.#string?.close() ?? '';
    this.#string = null;
    if (added === '') return;
    this.#piece(innerReplacement({ plain: this.#plain, number: false }, added));
    this.#literal!.added = true;
    this.#frame!.edited = true;
  }

  #piece(raw: string): Piece {
    const piece = { raw, unit: null, plain: false, number: false, primary: true };
    this.#literal!.pieces.push(piece);
    return piece;
  }

  #delayed(raw: string): { piece: Piece; frame: OutFrame } {
    const frame = this.#frame!;
    frame.waiting++;
    return { piece: this.#piece(raw), frame };
  }
}
