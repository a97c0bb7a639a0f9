import type { Finder, Match } from './finder.ts';
import { foldText, foldUnit } from './fold.ts';
import { type Candidates, candidatesOf } from './term-candidates.ts';

/**
 * Finds any of a list of terms, wherever they stand and whatever their case, in one pass (Aho-Corasick, as a table of
 * states by classes of characters). Of terms that begin at the same place the longest is found.
 * @throws Error when no term has a character
 */
export function termFinder(terms: readonly string[]): Finder {
  const folded = [...new Set(terms.map(foldText))].filter((term) => term.length > 0);
  if (folded.length === 0) throw new Error('a term list needs a term');
  const automaton = build(folded);
  return {
    maxMatchLength: Math.max(...folded.map((term) => term.length)),
    contextLength: 0,
    starts: { ascii: automaton.begins, beyond: true },
    next: (text, from, final) => search(automaton, text, from, final),
  };
}

interface Automaton {
  readonly candidates: Candidates | null;
  /** Class of each unit of ASCII, and of those others that stand in a term. 0: in no term. */
  readonly ascii: Uint16Array;
  readonly others: ReadonlyMap<number, number>;
  /** 1 for each unit of ASCII that a term begins with. */
  readonly begins: Uint8Array;
  /** Number of classes. */
  readonly width: number;
  /** Next state by state and class; 0 is the beginning. */
  readonly table: Int32Array;
  /** Length of the longest term that ends in a state; 0 where none does. */
  readonly outputs: Uint16Array;
  /** Length of the longest part of the text, up to a state, that more text can make a term. */
  readonly open: Uint16Array;
}

function search(automaton: Automaton, text: string, from: number, final: boolean): Match | number {
  // Locals, which the compiler keeps in registers.
  const { ascii, others, begins, width, table, outputs, open } = automaton;
  const { length } = text;
  let state = 0;
  let match: Match | null = null;
  for (let index = from; index < length; index += 1) {
    if (state === 0 && match === null && automaton.candidates !== null) {
      index = nextCandidate(automaton.candidates, text, index, final);
      if (index === length) return length;
    }
    let unit = text.charCodeAt(index);
    // Most characters begin no term.
    while (state === 0 && unit < 0x80 && begins[unit] === 0 && match === null) {
      index += 1;
      if (index === length) return length;
      unit = text.charCodeAt(index);
    }
    const column = unit < 0x80 ? (ascii[unit] as number) : classOf(unit, ascii, others);
    state = table[state * width + column] as number;
    const found = outputs[state] as number;
    if (found > 0) {
      const start = index + 1 - found;
      if (match === null || start <= match.start) match = { start, end: index + 1 };
    }
    // No term in progress begins as early as what was found.
    if (match !== null && index + 1 - (open[state] as number) > match.start) return match;
  }
  if (final) return match ?? length;
  return length - (open[state] as number);
}

/** The next place where a term may begin, those included whose rest may still come; `text.length` for none. */
function nextCandidate({ pattern, length }: Candidates, text: string, from: number, final: boolean): number {
  pattern.lastIndex = from;
  const next = pattern.test(text) ? pattern.lastIndex - length : text.length;
  return final ? next : Math.min(next, Math.max(from, text.length - length + 1));
}

function classOf(unit: number, ascii: Uint16Array, others: ReadonlyMap<number, number>): number {
  const folded = foldUnit(unit);
  return folded < 0x80 ? (ascii[folded] as number) : (others.get(folded) ?? 0);
}

/** Class 0 is every character that stands in no term. */
function classes(terms: readonly string[]) {
  const ascii = new Uint16Array(0x80);
  const others = new Map<number, number>();
  let width = 1;
  for (const term of terms) {
    for (let index = 0; index < term.length; index += 1) {
      const unit = term.charCodeAt(index);
      if (unit >= 0x80 && !others.has(unit)) others.set(unit, width++);
      else if (unit < 0x80 && ascii[unit] === 0) ascii[unit] = width++;
    }
  }
  for (let unit = 0; unit < 0x80; unit += 1) ascii[unit] = ascii[foldUnit(unit)] as number;
  return { ascii, others, width };
}

function build(terms: readonly string[]): Automaton {
  const { ascii, others, width } = classes(terms);
  const states = 1 + terms.reduce((sum, term) => sum + term.length, 0);
  const table = new Int32Array(states * width);
  const outputs = new Uint16Array(states);
  const open = new Uint16Array(states);
  let used = 1;
  for (const term of terms) {
    let state = 0;
    for (let index = 0; index < term.length; index += 1) {
      const cell = state * width + classOf(term.charCodeAt(index), ascii, others);
      if (table[cell] === 0) {
        table[cell] = used;
        open[state] = index;
        used += 1;
      }
      state = table[cell] as number;
    }
    outputs[state] = term.length;
  }
  link(table, outputs, open, width, used);
  const begins = Uint8Array.from(ascii, (column) => (table[column] === 0 ? 0 : 1));
  return { candidates: candidatesOf(terms), ascii, others, begins, width, table, outputs, open };
}

/** Fills in where the automaton goes when a term breaks off, breadth first. */
function link(table: Int32Array, outputs: Uint16Array, open: Uint16Array, width: number, used: number): void {
  const fallbacks = new Int32Array(used);
  const queue: number[] = [];
  for (let column = 0; column < width; column += 1) {
    const child = table[column] as number;
    if (child !== 0) queue.push(child);
  }
  for (let head = 0; head < queue.length; head += 1) {
    const state = queue[head] as number;
    const fallback = fallbacks[state] as number;
    outputs[state] = Math.max(outputs[state] as number, outputs[fallback] as number);
    open[state] = Math.max(open[state] as number, open[fallback] as number);
    for (let column = 0; column < width; column += 1) {
      const cell = state * width + column;
      const child = table[cell] as number;
      const other = table[fallback * width + column] as number;
      if (child === 0) table[cell] = other;
      else {
        fallbacks[child] = other;
        queue.push(child);
      }
    }
  }
}
