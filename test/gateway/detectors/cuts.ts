import fc from 'fast-check';
import type { Match } from '../../../gateway/detectors/finder.ts';

/** Anything that scans as the contract of `TextScanner` says. */
export type Scan = (text: string, from: number, final: boolean, hit: (found: Match) => void) => number;

/** What is found in a text that arrives in pieces; the scanner sees no more than `context` units of the past. */
export function scanPieces(scan: Scan, text: string, cuts: readonly number[], context: number): Match[] {
  const found: Match[] = [];
  let from = 0;
  const ends = [...new Set([...cuts.filter((cut) => cut < text.length), text.length])].sort((a, b) => a - b);
  for (const end of ends) {
    const trimmed = Math.max(0, from - context);
    const hold = scan(text.slice(trimmed, end), from - trimmed, end === text.length, (match) =>
      found.push({ ...match, start: match.start + trimmed, end: match.end + trimmed }),
    );
    const next = hold + trimmed;
    if (next < from || next > end) throw new Error(`hold ${next} outside ${from}..${end}`);
    for (const match of found) {
      if (match.end > next) throw new Error(`match ${match.start}..${match.end} beyond the hold ${next}`);
    }
    from = next;
  }
  if (from !== text.length) throw new Error('a final scan must decide everything');
  return found;
}

/** A text made of snippets and noise, and places to cut it, halves of characters included. */
export function textAndCuts(
  snippets: readonly string[],
  noise = 'ab1 -.@:😀é\n',
): fc.Arbitrary<[string, number[]]> {
  const piece = fc.oneof(
    fc.constantFrom(...snippets),
    fc.constantFrom(...snippets).chain((one) => fc.nat(one.length).map((end) => one.slice(0, end))),
    fc.constantFrom(...snippets).chain((one) => fc.nat(one.length).map((start) => one.slice(start))),
    fc.string({ unit: fc.constantFrom(...noise), maxLength: 6 }),
  );
  return fc
    .array(piece, { maxLength: 8 })
    .map((pieces) => pieces.join(''))
    .chain((text) => fc.tuple(fc.constant(text), fc.array(fc.nat(text.length), { maxLength: 12 })));
}
