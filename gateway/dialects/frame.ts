import type { Splice } from '../json/splice.ts';
import { spliceText } from '../json/splice.ts';
import type { Delayed } from './channel.ts';
import { rewriteFrame, type SseFrame } from './sse.ts';

/** A place in a frame whose text may change. */
export interface Editable {
  /** What to splice into the frame's data; none when nothing changed. */
  splices(): Splice[];
}

/** A frame on its way: it leaves once all its text is decided, as it came unless something was edited. */
export class OutFrame implements Delayed {
  waiting = 0;
  edited = false;
  left = false;
  readonly #frame: SseFrame;
  readonly #editables: Editable[] = [];

  constructor(frame: SseFrame) {
    this.#frame = frame;
  }

  add(editable: Editable): void {
    this.#editables.push(editable);
  }

  get raw(): Buffer {
    return this.#frame.raw;
  }

  /** The bytes to send. */
  render(): Buffer {
    this.left = true;
    if (!this.edited) return this.#frame.raw;
    const splices = this.#editables.flatMap((editable) => editable.splices());
    return rewriteFrame(this.#frame, spliceText(this.#frame.data!, splices));
  }
}

/** The frames that have not left, in order. */
export class FrameQueue {
  readonly #frames: OutFrame[] = [];

  get length(): number {
    return this.#frames.length;
  }

  push(frame: OutFrame): void {
    this.#frames.push(frame);
  }

  /** Takes out the frames at the head whose text is decided. */
  take(out: Buffer[]): void {
    let ready = 0;
    while (ready < this.#frames.length && this.#frames[ready]!.waiting === 0) ready++;
    for (const frame of this.#frames.splice(0, ready)) out.push(frame.render());
  }
}
