import { extentOf, windowOf } from './pattern-extent.ts';
import { re2Source } from './pattern-re2.ts';
import { type ParsedPattern, PatternSyntaxError, parsePattern } from './pattern-syntax.ts';
import { compileRe2 } from './re2.ts';
import { backtrackingIsSafe } from './redos.ts';

export type PatternEngine = 'v8' | 're2';

/** What is known of one user-written pattern before it runs. */
export type PatternVerdict =
  | {
      readonly ok: true;
      /** `v8` where its backtracking is proven linear, else `re2`, an engine that is linear for every pattern. */
      readonly engine: PatternEngine;
      /** Longest match in UTF-16 units; `null` where nothing bounds it. */
      readonly maxMatchLength: number | null;
      /** How far beyond a match it looks, in UTF-16 units; `null` where nothing bounds it. */
      readonly lookAhead: number | null;
      /** How many units before a match it looks at. */
      readonly contextLength: number;
      /** `buffered` where it cannot decide with a bounded look-ahead: its entry then waits for the whole text. */
      readonly streaming: 'windowed' | 'buffered';
      /** It can match nothing at all; such matches are not findings. */
      readonly matchesEmpty: boolean;
      /** Number of capture groups, and the numbers of those with a name. */
      readonly groups: number;
      readonly groupNames: Readonly<Record<string, number>>;
    }
  | { readonly ok: false; readonly error: string };

/** A window longer than this, in UTF-16 units, holds back so much of a stream that the text is taken whole. */
const MAX_WINDOW = 4096;

/**
 * Reads a pattern and decides which engine runs it. Pure; takes 1 to 20 ms, and up to a second for patterns with
 * back-references, so a running gateway calls it in a worker only.
 */
export function classifyPattern(source: string): PatternVerdict {
  try {
    const pattern = parsePattern(source);
    return verdict(pattern, chooseEngine(pattern));
  } catch (error) {
    if (error instanceof PatternSyntaxError) return { ok: false, error: error.message };
    throw error;
  }
}

/** @throws PatternSyntaxError where no engine runs the pattern in linear time */
function chooseEngine(pattern: ParsedPattern): PatternEngine {
  const refused = unsupportedByRe2(pattern);
  if (backtrackingIsSafe(pattern, refused === null)) return 'v8';
  if (refused !== null) {
    throw new PatternSyntaxError(
      `${refused} cannot be used here: the pattern can take very long on some texts, and the engine that is always fast does not have it`,
    );
  }
  try {
    compileRe2(re2Source(pattern), pattern.flags);
  } catch (error) {
    throw new PatternSyntaxError(
      `the pattern can take very long on some texts, and the engine that is always fast refuses it: ${reason(error)}`,
    );
  }
  return 're2';
}

function unsupportedByRe2({ body }: ParsedPattern): string | null {
  if (/\(\?[=!]/.test(body)) return 'a look-ahead `(?=…)` or `(?!…)`';
  if (/\\[1-9k]/.test(body)) return 'a back-reference such as `\\1`';
  const large = [...body.matchAll(/\{(\d+)(?:,(\d*))?\}/g)].find(
    ([, min, max]) => Number(min) > 1000 || Number(max ?? 0) > 1000,
  );
  return large === undefined ? null : `a repeat above 1000 such as \`${large[0]}\``;
}

const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^error parsing regexp: /, '');

function verdict(pattern: ParsedPattern, engine: PatternEngine): PatternVerdict {
  const extent = extentOf(pattern);
  return {
    ok: true,
    engine,
    maxMatchLength: bounded(extent.maxLength),
    lookAhead: bounded(extent.lookAhead),
    contextLength: bounded(extent.lookBehind) ?? 0,
    streaming: windowOf(extent) > MAX_WINDOW ? 'buffered' : 'windowed',
    matchesEmpty: extent.minLength === 0,
    groups: pattern.groups,
    groupNames: pattern.groupNames,
  };
}

const bounded = (value: number): number | null => (Number.isFinite(value) ? value : null);
