interface Replaced {
  inEnd: number;
  outStart: number;
  outEnd: number;
}

/** Which place of a text a place of its rewritten form stands for. Keeps only what may still be asked for. */
export class Offsets {
  #replaced: Replaced[] = [];
  #inEnd = 0;
  #outEnd = 0;

  /** Notes that the units from `start` to `end` of the input became `length` units. In order. */
  add(start: number, end: number, length: number): void {
    const outStart = this.#outEnd + start - this.#inEnd;
    this.#inEnd = end;
    this.#outEnd = outStart + length;
    this.#replaced.push({ inEnd: end, outStart, outEnd: this.#outEnd });
  }

  /** A place inside a replacement is behind what was replaced. @param out must not be less than the last time */
  inputAt(out: number): number {
    const list = this.#replaced;
    if (list.length === 0) return out;
    let passed = 0;
    while (passed < list.length && list[passed]!.outEnd <= out) passed += 1;
    const inside = list[passed];
    if (inside !== undefined && inside.outStart < out) return inside.inEnd;
    if (passed === 0) return out;
    if (passed > 1) list.splice(0, passed - 1);
    const last = list[0]!;
    return last.inEnd + out - last.outEnd;
  }
}
