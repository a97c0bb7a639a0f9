/** Replaces `text.slice(start, end)`. Offsets are those of the text before any change. */
export interface Splice {
  start: number;
  end: number;
  text: string;
}

/**
 * The text with every splice made; all else stays as it is.
 * Splices may come in any order and must not overlap; insertions at one place keep their order.
 */
export function spliceText(text: string, splices: readonly Splice[]): string {
  if (splices.length === 0) return text;
  const sorted = splices.length === 1 ? splices : [...splices].sort((a, b) => a.start - b.start);
  let out = '';
  let at = 0;
  for (const splice of sorted) {
    if (splice.start < at) throw new RangeError('splices overlap');
    out += text.slice(at, splice.start) + splice.text;
    at = splice.end;
  }
  return out + text.slice(at);
}
