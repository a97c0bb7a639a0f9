import { escapeSize, isHex } from './literal.ts';

const SIMPLE: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/**
 * The value of the inside of a string literal. Unlike the strict reader it takes what models write: raw control
 * characters stay, and an escape that does not exist stands for its own characters.
 */
export function unescapeLenient(raw: string): string {
  let at = raw.indexOf('\\');
  if (at < 0) return raw;
  let out = '';
  let from = 0;
  while (at >= 0) {
    out += raw.slice(from, at);
    const size = wholeEscape(raw, at);
    if (size === 6) out += String.fromCharCode(Number.parseInt(raw.slice(at + 2, at + 6), 16));
    else if (size === 2) out += SIMPLE[raw[at + 1]!] ?? raw[at + 1]!;
    else out += raw.slice(at, at + 2);
    from = at + Math.max(size, 2);
    at = raw.indexOf('\\', from);
  }
  return out + raw.slice(from);
}

/**
 * What a stretch of the inside of a literal stands for in its value, as offsets there. An escape that it cuts counts whole.
 */
export function valueSpan(raw: string, from: number, to: number): { start: number; end: number } {
  let start = from;
  let end = to;
  for (let at = raw.indexOf('\\'); at >= 0 && at < to; ) {
    const size = Math.max(wholeEscape(raw, at), 1);
    const next = at + size;
    // Of the escape only one unit counts, which lies before the stretch, in it, or at its border.
    if (next <= from) start -= size - 1;
    else if (at < from) start -= from - at;
    if (next <= to) end -= size - 1;
    else end -= to - at - 1;
    at = raw.indexOf('\\', size === 1 ? Math.max(next, at + 2) : next);
  }
  return { start, end };
}

/** Units of the escape at `at`, 0 when there is none that is valid and whole. */
function wholeEscape(raw: string, at: number): 0 | 2 | 6 {
  const size = escapeSize(raw.charCodeAt(at + 1));
  if (size === 2) return 2;
  if (size !== 6) return 0;
  for (let i = at + 2; i < at + 6; i++) if (!isHex(raw.charCodeAt(i))) return 0;
  return 6;
}

/**
 * Units at the end of `raw` that may be the beginning of an escape whose rest has not come.
 * `raw` begins outside of an escape.
 */
export function openEscape(raw: string): number {
  const length = raw.length;
  // Only the last six units matter, but whether a backslash there is itself escaped depends on the run before it.
  for (let back = 1; back <= 5 && back <= length; back++) {
    const at = length - back;
    if (raw.charCodeAt(at) !== 0x5c) continue;
    let run = at;
    while (run > 0 && raw.charCodeAt(run - 1) === 0x5c) run--;
    if ((at - run) % 2 === 1) return 0;
    if (back === 1) return 1;
    if (raw.charCodeAt(at + 1) !== 0x75) return 0;
    for (let i = at + 2; i < length; i++) if (!isHex(raw.charCodeAt(i))) return 0;
    return back;
  }
  return 0;
}
