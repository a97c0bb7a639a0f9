import { scanNumber } from './literal.ts';
import { openEscape, unescapeLenient } from './unescape.ts';

/** What a text in JSON form consists of, as it comes. Every unit that is pushed is given on exactly once. */
export interface FragmentSink {
  /** Brackets, commas, spaces: no text. */
  structure(raw: string): void;
  /** A number or word of which it is not known yet whether it is one. */
  pending(raw: string): void;
  /** What was pending is a number, with the spaces behind it: a text of its own, which has no quotes. */
  pendingWasNumber(): void;
  /** What was pending is structure after all. */
  pendingWasStructure(): void;
  /** What was pending is no JSON: it is the beginning of plain text. A string of its own was opened for it. */
  pendingWasText(): void;
  /** A key or a value begins, or the plain rest of a text that is no JSON. */
  open(plain: boolean): void;
  /** Text of the open string: the units as they came, and what they say. */
  text(raw: string, value: string): void;
  /** The beginning of an escape. The next `text` has its rest as `raw` and all that it says as `value`. */
  partial(raw: string): void;
  close(): void;
}

const VALUE = 0;
const FIRST_VALUE = 1;
const KEY = 2;
const FIRST_KEY = 3;
const COLON = 4;
const AFTER = 5;
const IN_STRING = 6;
const IN_SCALAR = 7;
const AFTER_SCALAR = 8;
const PLAIN = 9;
type State = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

const MAX_DEPTH = 64;
const WORD = /^(?:true|false|null)$/;

/**
 * Reads a JSON text that arrives in pieces, such as the arguments of a tool call, and tells its strings from its
 * structure. Whole or in pieces, the strings are the same. Where the text stops being JSON its rest is one plain
 * text, from the value that went wrong on; a cut-off text simply ends. Texts in a row are read one after another.
 */
export class FragmentReader {
  readonly #sink: FragmentSink;
  #state: State = VALUE;
  /** Open containers: true for an object. */
  readonly #stack: boolean[] = [];
  #isKey = false;
  #scalar = '';
  #escape = '';

  constructor(sink: FragmentSink) {
    this.#sink = sink;
  }

  push(fragment: string): void {
    let from = 0;
    let i = 0;
    const length = fragment.length;
    const structure = (to: number): void => {
      if (to > from) this.#sink.structure(fragment.slice(from, to));
    };
    while (i < length) {
      if (this.#state === IN_STRING) {
        i = this.#string(fragment, i);
        from = i;
        continue;
      }
      if (this.#state === PLAIN) {
        const rest = fragment.slice(i);
        this.#sink.text(rest, rest);
        return;
      }
      if (this.#state === IN_SCALAR || this.#state === AFTER_SCALAR) {
        i = this.#scalarRest(fragment, i);
        from = i;
        continue;
      }
      const c = fragment.charCodeAt(i);
      if (isSpace(c)) {
        i++;
        continue;
      }
      if (this.#expectsValue()) {
        if (c === 0x22) {
          this.#isKey = false;
          structure(++i);
          from = i;
          this.#openString();
        } else if (c === 0x7b && this.#stack.length < MAX_DEPTH) {
          this.#stack.push(true);
          this.#state = FIRST_KEY;
          i++;
        } else if (c === 0x5b && this.#stack.length < MAX_DEPTH) {
          this.#stack.push(false);
          this.#state = FIRST_VALUE;
          i++;
        } else if (c === 0x5d && this.#state === FIRST_VALUE) {
          this.#pop();
          i++;
        } else if (isScalar(c)) {
          structure(i);
          this.#scalar = '';
          this.#state = IN_SCALAR;
          from = i;
        } else {
          structure(i);
          from = i;
          this.#plain();
        }
      } else if (c === 0x22 && (this.#state === KEY || this.#state === FIRST_KEY)) {
        this.#isKey = true;
        structure(++i);
        from = i;
        this.#openString();
      } else if (c === 0x3a && this.#state === COLON) {
        this.#state = VALUE;
        i++;
      } else if (c === 0x7d && (this.#state === FIRST_KEY || (this.#state === AFTER && this.#inObject()))) {
        this.#pop();
        i++;
      } else if (c === 0x5d && this.#state === AFTER && !this.#inObject()) {
        this.#pop();
        i++;
      } else if (c === 0x2c && this.#state === AFTER) {
        this.#state = this.#inObject() ? KEY : VALUE;
        i++;
      } else {
        structure(i);
        from = i;
        this.#plain();
      }
    }
    if (!this.#inText()) structure(length);
  }

  end(): void {
    if (this.#state === IN_STRING && this.#escape !== '') this.#sink.text('', this.#escape);
    if (this.#state === IN_STRING || this.#state === PLAIN) this.#sink.close();
    if (this.#state === IN_SCALAR && !isWord(this.#scalar.trimEnd())) {
      this.#sink.open(true);
      this.#sink.pendingWasText();
      this.#sink.close();
    } else if (this.#state === IN_SCALAR || this.#state === AFTER_SCALAR) this.#scalarDone();
    this.#escape = '';
    this.#scalar = '';
    this.#stack.length = 0;
    this.#state = VALUE;
  }

  #inText(): boolean {
    return this.#state >= IN_STRING;
  }

  #expectsValue(): boolean {
    return this.#state === VALUE || this.#state === FIRST_VALUE;
  }

  #inObject(): boolean {
    return this.#stack[this.#stack.length - 1] === true;
  }

  /** After a value: inside a container something follows, at the top another text may. */
  #valueDone(): void {
    this.#state = this.#stack.length === 0 ? VALUE : AFTER;
  }

  #pop(): void {
    this.#stack.pop();
    this.#valueDone();
  }

  #openString(): void {
    this.#state = IN_STRING;
    this.#sink.open(false);
  }

  #plain(): void {
    this.#state = PLAIN;
    this.#sink.open(true);
  }

  /** @returns the index past what belongs to the string's inside; the closing quote is left as structure. */
  #string(fragment: string, from: number): number {
    let end = from;
    let skip = this.#escape === '\\';
    let closed = false;
    for (; end < fragment.length; end++) {
      const c = fragment.charCodeAt(end);
      if (skip) skip = false;
      else if (c === 0x5c) skip = true;
      else if (c === 0x22) {
        closed = true;
        break;
      }
    }
    const raw = fragment.slice(from, end);
    const all = this.#escape + raw;
    const open = closed ? 0 : openEscape(all);
    if (open > 0 && open === all.length) {
      this.#sink.partial(raw);
      this.#escape = all;
    } else {
      const cut = raw.length - open;
      if (all !== '') this.#sink.text(raw.slice(0, cut), unescapeLenient(all.slice(0, all.length - open)));
      this.#escape = open > 0 ? all.slice(all.length - open) : '';
      if (open > 0) this.#sink.partial(this.#escape);
    }
    if (!closed) return end;
    this.#sink.close();
    this.#sink.structure('"');
    if (this.#isKey) this.#state = COLON;
    else this.#valueDone();
    return end + 1;
  }

  /** Collects a number or word until a bracket or comma says that it was one. */
  #scalarRest(fragment: string, from: number): number {
    let i = from;
    for (; i < fragment.length; i++) {
      const c = fragment.charCodeAt(i);
      if (this.#stack.length > 0 && (c === 0x2c || c === 0x5d || c === 0x7d)) break;
      if (isSpace(c)) this.#state = AFTER_SCALAR;
      else if (this.#state === AFTER_SCALAR || !isScalar(c)) return this.#scalarFailed(fragment, from, i);
    }
    const raw = fragment.slice(from, i);
    this.#scalar += raw;
    if (raw !== '') this.#sink.pending(raw);
    if (i === fragment.length) return i;
    if (!isWord(this.#scalar.trimEnd())) return this.#scalarFailed(fragment, i, i);
    this.#scalarDone();
    this.#valueDone();
    return i;
  }

  #scalarDone(): void {
    if (WORD.test(this.#scalar.trimEnd())) this.#sink.pendingWasStructure();
    else this.#sink.pendingWasNumber();
  }

  #scalarFailed(fragment: string, from: number, to: number): number {
    if (to > from) this.#sink.pending(fragment.slice(from, to));
    this.#plain();
    this.#sink.pendingWasText();
    return to;
  }
}

function isSpace(c: number): boolean {
  return c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09;
}

/** Anything that a number or `true`, `false`, `null` may consist of; what it is gets decided at its end. */
function isScalar(c: number): boolean {
  return (
    (c >= 0x30 && c <= 0x39) ||
    c === 0x2d ||
    c === 0x2b ||
    c === 0x2e ||
    (c >= 0x61 && c <= 0x7a) ||
    (c >= 0x41 && c <= 0x5a)
  );
}

function isWord(scalar: string): boolean {
  return WORD.test(scalar) || (scalar !== '' && scanNumber(scalar, 0) === scalar.length);
}
