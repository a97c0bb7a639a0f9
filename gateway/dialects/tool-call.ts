import { innerReplacement, innerStrings } from '../json/inner.ts';
import { valueSpan } from '../json/unescape.ts';

/** One call of a tool in a body, or put together from a stream. */
export interface ToolCall {
  /** Where it stands in the whole body. */
  readonly path: string;
  /** Place of the answer's alternative, or of the request's message. */
  readonly owner: number;
  /** Its place among the calls there. */
  readonly index: number;
  readonly id: string | null;
  readonly name: CallText;
  readonly arguments: CallText;
}

/** A text of a call, and which leaves stand in it. */
export interface CallText {
  readonly text: string;
  readonly pieces: readonly CallPiece[];
}

/** A leaf in a text of a call: its literal without quotes, a number, or text that is no JSON. */
export interface CallPiece {
  /** Its place among the leaves. */
  readonly leaf: number;
  /** UTF-16 units of the text. */
  readonly start: number;
  readonly end: number;
  readonly plain: boolean;
  readonly number: boolean;
}

/** A text of a call with the values that its leaves have now. */
export interface ComposedText {
  readonly text: string;
  /** Where the leaves stand in it. */
  readonly parts: readonly ComposedPart[];
}

interface ComposedPart {
  readonly leaf: number;
  readonly value: string;
  readonly start: number;
  readonly end: number;
  /** What stands there is the value itself, not a literal of it. */
  readonly bare: boolean;
}

/** A stretch of a leaf's value, in UTF-16 units. */
export interface LeafSpan {
  leaf: number;
  start: number;
  end: number;
}

/** A text that is one leaf, or none where it is empty. */
export function plainText(text: string, leaf: number): CallText {
  const pieces = text === '' ? [] : [{ leaf, start: 0, end: text.length, plain: true, number: false }];
  return { text, pieces };
}

/**
 * A JSON text.
 * @param leaf makes the leaf of a string in it, or finds it: its value and its running number in the text
 * @throws JsonError `too_many_values`
 */
export function jsonText(text: string, leaf: (value: string, index: number) => number): CallText {
  const pieces: CallPiece[] = [];
  if (text !== '') {
    for (const { start, end, plain, number, value, index } of innerStrings(text)) {
      pieces.push({ leaf: leaf(value, index), start, end, plain, number });
    }
  }
  return { text, pieces };
}

/** @param valueAt the value of a leaf where it is another than the one in the text */
export function compose(
  { text, pieces }: CallText,
  original: (leaf: number) => string,
  valueAt: (leaf: number) => string,
): ComposedText {
  const parts: ComposedPart[] = [];
  let out = '';
  let at = 0;
  for (const { leaf, start, end, plain, number } of pieces) {
    const value = valueAt(leaf);
    out += text.slice(at, start);
    at = end;
    const written =
      value === original(leaf) ? text.slice(start, end) : innerReplacement({ plain, number }, value);
    // What is no number any more has got quotes.
    const quotes = number && written !== value ? 1 : 0;
    parts.push({
      leaf,
      value,
      start: out.length + quotes,
      end: out.length + written.length - quotes,
      bare: plain || (number && quotes === 0),
    });
    out += written;
  }
  return { text: out + text.slice(at), parts };
}

/** What a span of a composed text covers of its leaves; a character that is written as an escape is covered whole. */
export function leafSpans({ text, parts }: ComposedText, start: number, end: number): LeafSpan[] {
  const spans: LeafSpan[] = [];
  for (const part of parts) {
    if (part.end <= start || part.start >= end) continue;
    const from = Math.max(start, part.start) - part.start;
    const to = Math.min(end, part.end) - part.start;
    if (part.bare) spans.push({ leaf: part.leaf, start: from, end: to });
    else spans.push({ leaf: part.leaf, ...valueSpan(text.slice(part.start, part.end), from, to) });
  }
  return spans;
}
