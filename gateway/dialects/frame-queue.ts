import { GatewayError } from '../errors.ts';
import type { OutFrame } from './frame.ts';
import { LateFrames } from './late-frames.ts';

/** Frames with text elsewhere in the same choice that wait behind an undecided one before they may pass it. */
const PATIENCE = 8;
/** The same for text of other choices, which do alternate. */
const PATIENCE_CHOICES = 256;

/**
 * The frames that have not left. They leave in order, each once its text is decided. Behind one that stays undecided
 * for long the others do not wait any longer: those that have nothing to do with its texts pass it.
 */
export class FrameQueue {
  readonly #maxBytes: number;
  readonly #frames: OutFrame[] = [];
  readonly #late = new LateFrames();
  #bytes = 0;
  /** How much the first frame has kept waiting; past `PATIENCE_CHOICES` it may be passed. */
  #kept = 0;

  /** @param maxBytes bytes of all frames that wait */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#frames.length + this.#late.size;
  }

  /** @throws GatewayError `upstream_too_large` when too much waits */
  push(frame: OutFrame): void {
    this.#bytes += frame.size;
    const first = this.#frames[0];
    this.#frames.push(frame);
    if (first !== undefined) this.#keep(first, frame);
    if (this.#bytes > this.#maxBytes && this.length > 1) {
      throw new GatewayError(
        'upstream_too_large',
        `More than ${this.#maxBytes} bytes of the answer wait for text that the policies cannot decide yet.`,
      );
    }
  }

  /** Pushes a frame and takes out what can leave: mostly that one, which then need not wait in a list. */
  pass(frame: OutFrame, out: OutFrame[]): void {
    if (this.length === 0 && frame.waiting === 0) {
      this.#kept = 0;
      frame.left = true;
      out.push(frame);
      return;
    }
    this.push(frame);
    this.take(out);
  }

  /** Takes out the frames that can leave. */
  take(out: OutFrame[]): void {
    if (this.#late.size > 0) this.#late.take((frame) => this.#leave(frame, out));
    const frames = this.#frames;
    let done = 0;
    for (; done < frames.length; done++) {
      const frame = frames[done]!;
      if (this.#late.stops(frame)) this.#late.add(frame);
      else if (frame.waiting === 0) this.#leave(frame, out);
      else if (this.#kept > PATIENCE_CHOICES && !frame.last) this.#late.add(frame);
      else break;
      this.#kept = 0;
    }
    if (done === frames.length) frames.length = 0;
    else if (done > 0) frames.splice(0, done);
  }

  #leave(frame: OutFrame, out: OutFrame[]): void {
    this.#bytes -= frame.size;
    frame.left = true;
    out.push(frame);
  }

  #keep(first: OutFrame, { lanes, choices, calls }: OutFrame): void {
    // What waits for a call of its own gains nothing by passing.
    if (calls > 0 || lanes.length === 0 || lanes.some((lane) => first.lanes.includes(lane))) return;
    const related = choices.some((choice) => first.choices.includes(choice));
    this.#kept += related ? PATIENCE_CHOICES / PATIENCE : 1;
  }
}
