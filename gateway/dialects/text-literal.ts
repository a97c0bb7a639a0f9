import type { Splice } from '../json/splice.ts';
import type { TextUnit } from './channel.ts';
import type { Editable } from './frame.ts';

/** A whole literal of a frame's data that is one piece of a text. A class: there is one a chunk. */
export class TextLiteral implements Editable {
  readonly #unit: TextUnit;
  readonly #start: number;
  readonly #end: number;

  /** @param start of the literal in the data, quotes included, as `end` */
  constructor(unit: TextUnit, start: number, end: number) {
    this.#unit = unit;
    this.#start = start;
    this.#end = end;
  }

  splices(): Splice[] {
    if (!this.#unit.edited) return [];
    return [{ start: this.#start, end: this.#end, text: JSON.stringify(this.#unit.result) }];
  }
}
