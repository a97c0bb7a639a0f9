import { splitsPair } from './spans.ts';

/** How much decided text may lie in front before it is cut off: cutting on every push would cost more than it saves. */
const SLACK = 512;
/** A scanner that sees index 0 may take it for the beginning of the text, so some text always stands before. */
const MIN_CONTEXT = 2;

/** The end of one channel's text that has not been decided, with as much before it as scanners look back at. */
export class StreamText {
  text = '';
  /** Where `text` begins in the whole, in UTF-16 units. */
  base = 0;
  /** Index up to which the text has been sent on. */
  sent = 0;
  readonly #context: number;

  /** @param context the longest `contextLength` of the scanners, in UTF-16 units */
  constructor(context: number) {
    this.#context = Math.max(context, MIN_CONTEXT);
  }

  /** Drops what nothing needs any more. @returns by how much every index moves down */
  trim(firstNeeded: number): number {
    let cut = Math.min(this.sent, firstNeeded - this.#context);
    if (!(cut >= SLACK)) return 0;
    if (splitsPair(this.text, cut)) cut -= 1;
    this.text = this.text.slice(cut);
    this.base += cut;
    this.sent -= cut;
    return cut;
  }
}
