import fc from 'fast-check';
import type { CompiledEntry } from '../../../gateway/config/plan.ts';
import type { Entry, SourceLevel } from '../../../gateway/contract/document.ts';
import type { Leaf } from '../../../gateway/dialects/dialect.ts';
import type { PhaseEnv } from '../../../gateway/pipeline/outcome.ts';
import type { CompiledPolicy, LeafFacts, TextHook, TextScanner } from '../../../gateway/policies/kind.ts';

/** What a scanner of the tests looks for: `word`, unless the unit before or after it is one of these. */
export interface Pattern {
  word: string;
  notAfter?: string;
  notBefore?: string;
  replacement?: string;
  type?: string;
}

/**
 * Obeys the law of `TextScanner` by construction: whether something matches at an index depends only on a window
 * around it, and an index is undecided until its window is there. First pattern of the list wins.
 */
export function windowScanner(patterns: readonly Pattern[]): TextScanner {
  const longest = Math.max(1, ...patterns.map(({ word }) => word.length));
  const matches = (text: string, at: number, { word, notAfter = '', notBefore = '' }: Pattern): boolean => {
    const [before, after] = [text[at - 1], text[at + word.length]];
    return (
      text.startsWith(word, at) &&
      !(before !== undefined && notAfter.includes(before)) &&
      !(after !== undefined && notBefore.includes(after))
    );
  };
  return {
    maxMatchLength: longest,
    contextLength: 1,
    scan(text, from, final, emit) {
      let at = from;
      while (at < text.length) {
        if (!final && at + longest + 1 > text.length) return at;
        const hit = patterns.find((pattern) => pattern.word.length > 0 && matches(text, at, pattern));
        if (hit === undefined) {
          at += 1;
          continue;
        }
        emit(found(hit, at));
        at += hit.word.length;
      }
      return at;
    },
  };
}

/** Finds one word and holds back no unit more than it must: only a tail that is a beginning of the word. */
export function tightScanner(pattern: Pattern): TextScanner {
  const { word } = pattern;
  return {
    maxMatchLength: word.length,
    contextLength: 0,
    scan(text, from, final, emit) {
      let at = from;
      for (let hit = text.indexOf(word, at); hit !== -1; hit = text.indexOf(word, at)) {
        emit(found(pattern, hit));
        at = hit + word.length;
      }
      if (final) return text.length;
      for (let start = Math.max(at, text.length - word.length + 1); start < text.length; start += 1) {
        if (word.startsWith(text.slice(start))) return start;
      }
      return text.length;
    },
  };
}

/** A regular expression over the whole text: no bound, so only good when all of it is there. */
export function wholeScanner(source: RegExp, type: string, replacement?: string): TextScanner {
  return {
    maxMatchLength: null,
    contextLength: 0,
    scan(text, from, final, emit) {
      if (!final) return from;
      for (const match of text.matchAll(source)) {
        const end = match.index + match[0].length;
        if (match.index >= from) emit(spanOf(type, match.index, end, replacement));
      }
      return text.length;
    },
  };
}

/** Adds text at the end, as a disclaimer would. */
export function appendScanner(replacement: string): TextScanner {
  return {
    maxMatchLength: 0,
    contextLength: 0,
    scan(text, _from, final, emit) {
      if (final) emit(spanOf('append', text.length, text.length, replacement));
      return text.length;
    },
  };
}

/** Throws once its text holds `trigger`. */
export function brokenScanner(trigger = ''): TextScanner {
  return {
    maxMatchLength: 1,
    contextLength: 0,
    scan(text) {
      if (text.includes(trigger)) throw new TypeError(`cannot read ${text}`);
      return text.length;
    },
  };
}

function found({ word, type = 'term', replacement }: Pattern, at: number) {
  return spanOf(type, at, at + word.length, replacement);
}

function spanOf(type: string, start: number, end: number, replacement: string | undefined) {
  return { type, start, end, ...(replacement === undefined ? {} : { replacement }) };
}

export interface EntryOptions {
  id?: string;
  kind?: string;
  mode?: Entry['mode'];
  failMode?: Entry['fail_mode'];
  level?: SourceLevel;
  index?: number;
  streaming?: 'windowed' | 'buffered';
  blockStatus?: 403 | 409;
}

export function entryOf(policy: CompiledPolicy, options: EntryOptions = {}): CompiledEntry {
  const { id = 'entry', kind = 'dlp-filter', mode = 'enforce', level = 'document', index = 0 } = options;
  return {
    entry: {
      id,
      kind,
      mode,
      settings: {},
      source: { level, index },
      ...(options.failMode === undefined ? {} : { fail_mode: options.failMode }),
      ...(options.blockStatus === undefined ? {} : { block_status: options.blockStatus }),
    },
    kind: { name: kind, version: '1', needs: [], streaming: options.streaming ?? 'windowed' },
    policy,
  };
}

export function hook(
  action: TextHook['action'],
  scanner: TextScanner,
  applies = (_: LeafFacts) => true,
): TextHook {
  return {
    action,
    scanner,
    form: scanner.maxMatchLength === null ? 'buffered' : 'windowed',
    appliesTo: applies,
  };
}

export const inspecting = (
  action: 'block' | 'redact' | 'escalate',
  scanner: TextScanner,
  options: EntryOptions = {},
): CompiledEntry => entryOf({ inspectText: hook(action, scanner) }, options);

export const rewriting = (scanner: TextScanner, options: EntryOptions = {}): CompiledEntry =>
  entryOf({ transformText: hook('rewrite', scanner) }, { kind: 'response-rewriter', ...options });

export function leaf(text: string, ref = 0): Leaf {
  return { ref, text, phase: 'output', path: `parts[${ref}]`, part: 'content' };
}

/** A clock that moves a microsecond at each look. */
export function testEnv(failMode: PhaseEnv['failMode'] = 'block'): PhaseEnv {
  let ms = 0;
  return {
    failMode,
    clock: {
      monotonic() {
        ms += 0.001;
        return ms;
      },
    },
  };
}

/** Short texts over few characters, so that matches, overlaps and pairs come up often. */
export const texts = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', ' ', '😀', '\ud83d', '\ude00'),
  maxLength: 24,
});

const words = fc.string({
  unit: fc.constantFrom('a', 'a', 'b', 'b', 'c', 'c', '\ude00', '\ud83d'),
  minLength: 1,
  maxLength: 4,
});
const patterns = fc.array(
  fc.record({
    word: words,
    notAfter: fc.constantFrom('', 'a', 'b '),
    notBefore: fc.constantFrom('', 'c', ' a'),
    replacement: fc.constantFrom('', 'a', '<m>', 'bc', '😀'),
    type: fc.constantFrom('x', 'y'),
  }),
  { minLength: 1, maxLength: 3 },
);
const scanners = fc.oneof(
  patterns.map(windowScanner),
  words.map((word) => tightScanner({ word, replacement: '[T]' })),
  fc.constantFrom('!', 'ab').map(appendScanner),
);
const mode = fc.constantFrom<Entry['mode']>('enforce', 'enforce', 'enforce', 'guide', 'observe');
const streaming = fc.constantFrom<'windowed' | 'buffered'>('windowed', 'windowed', 'windowed', 'buffered');

export const inspectors = (
  actions: readonly ('block' | 'redact' | 'escalate')[],
): fc.Arbitrary<CompiledEntry> =>
  fc
    .record({
      scanner: fc.oneof(
        patterns.map(windowScanner),
        words.map((word) => tightScanner({ word })),
      ),
      mode,
      streaming,
      action: fc.constantFrom(...actions),
    })
    .map(({ scanner, action, ...options }) => inspecting(action, scanner, options));

export const rewriters: fc.Arbitrary<CompiledEntry> = fc
  .record({ scanner: scanners, mode, streaming })
  .map(({ scanner, ...options }) => rewriting(scanner, options));

/** A chain of up to five entries with distinct ids, rewriters among inspections. */
export const chains = (
  actions: readonly ('block' | 'redact' | 'escalate')[],
): fc.Arbitrary<CompiledEntry[]> =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: inspectors(actions) }, { weight: 1, arbitrary: rewriters }), {
      minLength: 1,
      maxLength: 5,
    })
    .map((list) =>
      list.map((one, index) => ({
        ...one,
        entry: { ...one.entry, id: `e${index}`, source: { ...one.entry.source, index } },
      })),
    );

/** Cuts a text at any of its units, halves of pairs included. */
export function cut(text: string, at: readonly number[]): string[] {
  const points = [...new Set(at.map((n) => n % (text.length + 1)))].sort((a, b) => a - b);
  return [...points, text.length].map((end, i) => text.slice(points[i - 1] ?? 0, end));
}
