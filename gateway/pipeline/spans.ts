import type { TextFinding } from '../policies/kind.ts';

/** A stretch of a channel or leaf to mask, in UTF-16 units from its beginning. */
export interface Span {
  start: number;
  end: number;
  /** Position of its entry in the chain: where spans overlap, the marker of the lowest stands for all. */
  order: number;
  marker: string;
}

/** Stands for what a redaction without a replacement of its own hides. */
const DEFAULT_MARKER = '[REDACTED]';

const isHigh = (unit: number): boolean => (unit & 0xfc00) === 0xd800;
const isLow = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;

/** Whether an index stands between the two halves of one character. */
export function splitsPair(text: string, index: number): boolean {
  return (
    index > 0 && index < text.length && isLow(text.charCodeAt(index)) && isHigh(text.charCodeAt(index - 1))
  );
}

/** Whether the text ends in a first half whose second may follow. */
export function endsInHalfPair(text: string): boolean {
  return text.length > 0 && isHigh(text.charCodeAt(text.length - 1));
}

/** Output, and how far of the text it stands for. */
export interface Flushed {
  out: string;
  at: number;
}

/**
 * Adds a redaction, grown to whole characters. A finding of no length hides nothing. An empty replacement would join
 * what stood apart into text that nobody inspected, so it is not taken.
 * @param base the place of `text[0]`
 */
export function addSpan(
  spans: Span[],
  text: string,
  base: number,
  finding: TextFinding,
  order: number,
): void {
  if (finding.start === finding.end) return;
  spans.push({
    start: base + (splitsPair(text, finding.start) ? finding.start - 1 : finding.start),
    end: base + (splitsPair(text, finding.end) ? finding.end + 1 : finding.end),
    order,
    marker: finding.replacement || DEFAULT_MARKER,
  });
}

/**
 * Writes `text` from `from` up to `limit`, each union of overlapping spans as one marker. A union that reaches over the
 * limit may still grow, so writing stops where it begins; its spans stay in `spans`, those written are taken out.
 * Spans that only touch are not one.
 * @param base the place of `text[0]`; `from` and `limit` are places too
 */
export function maskSpans(text: string, base: number, from: number, limit: number, spans: Span[]): Flushed {
  if (spans.length > 1) spans.sort((a, b) => a.start - b.start || a.order - b.order);
  let out = '';
  let at = from;
  let done = 0;
  while (done < spans.length) {
    const first = spans[done]!;
    if (first.start >= limit) break;
    let { end } = first;
    let leader = first;
    let next = done + 1;
    for (; next < spans.length; next += 1) {
      const span = spans[next]!;
      if (span.start >= end) break;
      if (span.end > end) end = span.end;
      if (span.order < leader.order) leader = span;
    }
    if (end > limit) {
      limit = first.start;
      break;
    }
    out += text.slice(at - base, first.start - base) + leader.marker;
    at = end;
    done = next;
  }
  if (done > 0) spans.splice(0, done);
  if (limit > at) {
    out += text.slice(at - base, limit - base);
    at = limit;
  }
  return { out, at };
}

/**
 * Writes `text` from `from` up to `limit` with each finding's replacement in its place. A pair is replaced whole.
 * `replaced` is told of each stretch and of the length of what stands there now.
 */
export function rewriteSpans(
  text: string,
  from: number,
  limit: number,
  findings: readonly TextFinding[],
  replaced?: (start: number, end: number, length: number) => void,
): Flushed {
  let out = '';
  let at = from;
  for (const finding of findings) {
    const empty = finding.start === finding.end;
    const start = Math.max(at, splitsPair(text, finding.start) ? finding.start - 1 : finding.start);
    const end = !empty && splitsPair(text, finding.end) ? finding.end + 1 : Math.max(start, finding.end);
    if (!empty && end <= at) continue;
    const replacement = finding.replacement ?? '';
    out += text.slice(at, start) + replacement;
    at = empty ? start : end;
    replaced?.(start, at, replacement.length);
  }
  if (limit > at) {
    out += text.slice(at, limit);
    at = limit;
  }
  return { out, at };
}
