import type { Splice } from '../json/splice.ts';
import { spliceText } from '../json/splice.ts';
import type { Delayed } from './channel.ts';
import { rewriteFrame, type SseFrame } from './sse.ts';

/** A place in a frame whose text may change. */
export interface Editable {
  /** What to splice into the frame's data; none when nothing changed. */
  splices(): Splice[];
}

/** Of a frame that is like another: it has nothing but its piece of text. */
const NO_WALLS: number[] = [];

/** A frame on its way: it leaves once all its text is decided, as it came unless something was edited. */
export class OutFrame implements Delayed {
  waiting = 0;
  edited = false;
  left = false;
  /** No other may pass it: the end marker. */
  last = false;
  /** Calls of tools that it waits for. */
  calls = 0;
  /** Names of the texts that it has pieces of, which must stay in order. */
  readonly lanes: string[];
  /** The choices that it says something of. */
  readonly choices: number[];
  /** Those of its choices whose other frames may neither pass it nor be passed by it: who speaks, the finish. */
  readonly walls: number[];
  readonly #frame: SseFrame;
  #editables: Editable[] | null = null;

  /** @param like lanes and choices, where they are known; they are not changed then */
  constructor(frame: SseFrame, like?: { lanes: string[]; choices: number[] }) {
    this.#frame = frame;
    this.lanes = like?.lanes ?? [];
    this.choices = like?.choices ?? [];
    this.walls = like === undefined ? [] : NO_WALLS;
  }

  add(editable: Editable): void {
    // A literal has room for one, as a chunk needs it; `push` makes room for seventeen.
    if (this.#editables === null) this.#editables = [editable];
    else this.#editables.push(editable);
  }

  get size(): number {
    return this.#frame.size;
  }

  /** Whether it is this frame, and leaves as it came. */
  isAsCame(frame: SseFrame): boolean {
    return !this.edited && this.#frame === frame;
  }

  /** The bytes to send, once it has left. */
  render(): Buffer {
    if (!this.edited || this.#editables === null) return this.#frame.raw;
    const splices = this.#editables.flatMap((editable) => editable.splices());
    return rewriteFrame(this.#frame, spliceText(this.#frame.data!, splices));
  }
}
