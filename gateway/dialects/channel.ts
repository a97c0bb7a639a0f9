import type { LeafFacts } from '../policies/kind.ts';
import type { ChannelGuard, Released } from './dialect.ts';
import { type Difference, difference } from './difference.ts';

/** A frame as its texts see it: it may not leave while a text in it is undecided. */
export interface Delayed {
  waiting: number;
  edited: boolean;
  /** It was sent: nothing can be changed in it. */
  readonly left: boolean;
}

/** A piece of a channel's text as it stands in a frame (or, for an escape cut in two, in several). */
export class TextUnit {
  readonly text: string;
  /** Its position in the channel, once it stands in one. */
  start = 0;
  readonly #frames: readonly Delayed[];
  #edits: Difference[] | null = null;

  constructor(text: string, frames: readonly Delayed[]) {
    this.text = text;
    this.#frames = frames;
    for (const frame of frames) frame.waiting++;
  }

  get edited(): boolean {
    return this.#edits !== null;
  }

  /** What the guard made of it. */
  get result(): string {
    if (this.#edits === null) return this.text;
    let out = '';
    let at = 0;
    for (const edit of this.#edits) {
      out += this.text.slice(at, edit.start) + edit.text;
      at = edit.end;
    }
    return out + this.text.slice(at);
  }

  /** Whether a frame of it was sent. */
  get left(): boolean {
    return this.#frames.some((frame) => frame.left);
  }

  edit(change: Difference): void {
    this.#edits ??= [];
    this.#edits.push(change);
    for (const frame of this.#frames) frame.edited = true;
  }

  decided(): void {
    for (const frame of this.#frames) frame.waiting--;
  }
}

/**
 * One channel of a stream with its guard: knows which units of text are decided and finds out, by comparing what came
 * with what the guard lets out, what to change in which of them.
 */
export class Channel {
  readonly #facts: LeafFacts;
  readonly #open: (facts: LeafFacts) => ChannelGuard;
  #guard: ChannelGuard | null = null;
  /** What the guard has not decided; its first unit is at position `#decided` of the channel. */
  #undecided = '';
  #decided = 0;
  /** Up to here the text has left, decided by an earlier guard. */
  #left = 0;
  /** The last text that a closed guard held and did not change. */
  #memory = '';
  #units: TextUnit[] = [];
  #last: TextUnit | null = null;
  /** Text that the guard put behind the last unit when its frame had left. */
  #extra = '';

  constructor(facts: LeafFacts, open: (facts: LeafFacts) => ChannelGuard) {
    this.#facts = facts;
    this.#open = open;
  }

  /**
   * Several units in a row, at once where that makes no difference.
   * @returns whether it did: else nothing has happened yet, and each is to be pushed
   * @throws what the guard throws
   */
  pushClean(units: readonly TextUnit[]): boolean {
    const guard = this.#guard;
    if (guard?.clean === undefined) return false;
    let text = '';
    for (const unit of units) text += unit.text;
    if (!guard.clean(text)) return false;
    let start = this.#decided + this.#undecided.length;
    for (const unit of units) {
      unit.start = start;
      this.#units.push(unit);
      start += unit.text.length;
    }
    this.#last = units.at(-1) ?? this.#last;
    this.#undecided += text;
    this.#take(guard.push(text));
    return true;
  }

  /** @throws what the guard throws */
  push(unit: TextUnit): void {
    let text = unit.text;
    const start = this.#decided + this.#undecided.length;
    if (this.#guard === null) {
      this.#guard = this.#open(this.#facts);
      this.#left = start;
      this.#decided = start - this.#memory.length;
      this.#undecided = this.#memory;
      text = this.#memory + text;
      this.#memory = '';
    }
    unit.start = start;
    this.#units.push(unit);
    this.#last = unit;
    this.#undecided += unit.text;
    this.#take(this.#guard.push(text));
  }

  #take({ text: released, held }: Released): void {
    if (!(held >= 0 && held <= this.#undecided.length)) {
      throw new RangeError(`a guard holds ${held} of ${this.#undecided.length} units`);
    }
    this.#settle(released, held);
  }

  /**
   * Decides all text so far. A channel that resumes gets a new guard which is shown the end of the text again: a match
   * across the gap then loses the part that has not left.
   * @returns text that the guard added at the end and that no frame on its way can take; mostly none
   * @throws what the guard throws
   */
  close(): string {
    if (this.#guard === null) return '';
    const guard = this.#guard;
    const undecided = this.#undecided;
    this.#guard = null;
    const released = guard.end();
    this.#memory = released === undecided ? undecided : '';
    this.#settle(released, 0);
    const extra = this.#extra;
    this.#extra = '';
    return extra;
  }

  #settle(released: string, held: number): void {
    const size = this.#undecided.length - held;
    const text = held === 0 ? this.#undecided : this.#undecided.slice(0, size);
    const change = difference(text, released);
    if (change !== null) this.#edit(change);
    this.#undecided = held === 0 ? '' : this.#undecided.slice(size);
    this.#decided += size;
    let done = 0;
    for (const unit of this.#units) {
      if (unit.start + unit.text.length > this.#decided) break;
      unit.decided();
      done++;
    }
    if (done === this.#units.length) this.#units.length = 0;
    else if (done > 0) this.#units.splice(0, done);
  }

  /** Spreads a change over the units it touches: the first has the new text, the others lose theirs. */
  #edit(change: Difference): void {
    const from = Math.max(this.#left, this.#decided + change.start);
    const to = Math.max(from, this.#decided + change.end);
    if (this.#units.length === 0) {
      this.#append(change.text);
      return;
    }
    let told = false;
    for (const [index, unit] of this.#units.entries()) {
      const { start } = unit;
      const end = start + unit.text.length;
      const last = index === this.#units.length - 1;
      if (told ? start >= to : end <= from && !(last && end === from)) continue;
      const edit = { start: from - start, end: Math.min(to, end) - start, text: told ? '' : change.text };
      if (told) edit.start = 0;
      unit.edit(edit);
      told = true;
    }
  }

  #append(text: string): void {
    const last = this.#last;
    if (last === null || last.left) this.#extra += text;
    else last.edit({ start: last.text.length, end: last.text.length, text });
  }
}
