/** A string value of a JSON text: where it stands between its quotes, and what it says. */
export interface JsonString {
  readonly start: number;
  readonly end: number;
  readonly value: string;
}

/** Whether a text begins as a JSON object or array does; `null` while nothing but white space is there. */
export function looksLikeJson(text: string): boolean | null {
  const begin = /[^ \t\r\n]/.exec(text)?.[0];
  return begin === undefined ? null : begin === '{' || begin === '[';
}

/** The string values of a JSON object or array, keys left out; `null` where the text is not JSON. */
export function jsonStrings(text: string): JsonString[] | null {
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  const strings: JsonString[] = [];
  for (const found of text.matchAll(/"((?:[^"\\]|\\.)*)"([ \t\r\n]*:)?/g)) {
    const [, inner = '', colon] = found;
    if (colon !== undefined) continue;
    const start = found.index + 1;
    strings.push({ start, end: start + inner.length, value: JSON.parse(`"${inner}"`) as string });
  }
  return strings;
}
