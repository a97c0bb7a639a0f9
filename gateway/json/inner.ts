import { JsonError } from './error.ts';
import { FragmentReader } from './fragments.ts';
import { escapeText, scanNumber } from './literal.ts';
import { MAX_NODES } from './read.ts';

/** A string or a number inside a text in JSON form. */
export interface InnerString {
  /** Offsets of what stands between the quotes, or of the plain rest. */
  start: number;
  end: number;
  value: string;
  /** No literal: the text is no JSON from here on. */
  plain: boolean;
  /** Has no quotes of its own. */
  number: boolean;
  /** Running number of the string in the text, from 0; empty ones count. */
  index: number;
}

/**
 * Every key, string and number, at most `max`, of a text in JSON form that holds at least one unit. See `FragmentReader`.
 * @throws JsonError `too_many_values`
 */
export function innerStrings(text: string, max: number = MAX_NODES): InnerString[] {
  const found: InnerString[] = [];
  let at = 0;
  let pending = 0;
  let index = -1;
  let open: InnerString | null = null;
  const add = (string: InnerString): void => {
    if (found.length >= max) {
      throw new JsonError('too_many_values', 'The texts in JSON form hold too many strings.', -1, null);
    }
    found.push(string);
  };
  const reader = new FragmentReader({
    structure(raw) {
      at += raw.length;
    },
    pending(raw) {
      pending += raw.length;
    },
    pendingWasNumber() {
      const value = text.slice(at, at + pending);
      add({ start: at, end: at + pending, value, plain: false, number: true, index: ++index });
      at += pending;
      pending = 0;
    },
    pendingWasStructure() {
      at += pending;
      pending = 0;
    },
    pendingWasText() {
      open!.end += pending;
      at += pending;
      pending = 0;
    },
    open(plain) {
      index++;
      open = { start: at, end: at, value: '', plain, number: false, index };
    },
    text(raw, value) {
      open!.end += raw.length;
      open!.value += value;
      at += raw.length;
    },
    partial(raw) {
      open!.end += raw.length;
      at += raw.length;
    },
    close() {
      const string = open!;
      if (string.plain) string.value = text.slice(string.start, string.end);
      if (string.end > string.start) add(string);
      open = null;
    },
  });
  reader.push(text);
  reader.end();
  return found;
}

/** What stands in the place of a string or a number once it has this value. */
export function innerReplacement(string: Pick<InnerString, 'plain' | 'number'>, value: string): string {
  if (string.number) return isNumber(value) ? value : JSON.stringify(value);
  return string.plain ? value : escapeText(value);
}

function isNumber(value: string): boolean {
  const trimmed = value.trimEnd();
  return trimmed !== '' && scanNumber(trimmed, 0) === trimmed.length;
}
