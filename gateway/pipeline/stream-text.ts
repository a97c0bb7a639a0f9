import { splitsPair } from './spans.ts';

/** How much decided text may lie in front before it is cut off: cutting on every push would cost more than it saves. */
const SLACK = 512;
/**
 * A scanner that sees index 0 may take it for the beginning of the text, so some text always stands before; and half a
 * character before a hold may still have to be given on.
 */
const MIN_CONTEXT = 2;

/** The end of one channel's text, from where something still needs it on. Places count from the channel's beginning. */
export class StreamText {
  text = '';
  /** The place of `text[0]`, in UTF-16 units. */
  base = 0;
  readonly #context: number;

  /** @param context the longest `contextLength` of the scanners, in UTF-16 units */
  constructor(context: number) {
    this.#context = Math.max(context, MIN_CONTEXT);
  }

  get end(): number {
    return this.base + this.text.length;
  }

  /** The place itself, or the one before where it stands between the halves of a character. */
  whole(place: number): number {
    return splitsPair(this.text, place - this.base) ? place - 1 : place;
  }

  slice(from: number, to: number): string {
    return this.text.slice(from - this.base, to - this.base);
  }

  /** Drops what stands before the first place that is needed, except the context. */
  trim(firstNeeded: number): void {
    const cut = firstNeeded - this.#context - this.base;
    if (!(cut >= SLACK)) return;
    const at = this.whole(this.base + cut);
    this.text = this.text.slice(at - this.base);
    this.base = at;
  }
}
