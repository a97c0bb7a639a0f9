import type { TextFinding, TextScanner } from '../kind.ts';
import { jsonStrings, looksLikeJson } from './json-strings.ts';
import { type Replacer, replaceScanner } from './replace.ts';

/** A rule that puts text before or behind an answer. */
export interface Insertion {
  readonly name: string;
  readonly text: string;
}

export interface Rewriter {
  readonly preserveStructure: boolean;
  readonly replacers: readonly Replacer[];
  readonly prepend: readonly Insertion[];
  readonly append: readonly Insertion[];
}

/** Rewrites plain text, and of JSON texts the string values. Insertions are findings of no length at either end. */
export function rewriteScanner(rewriter: Rewriter): TextScanner {
  const plain = replaceScanner(rewriter.replacers);
  return {
    maxMatchLength: plain.maxMatchLength,
    // So that an index of 0 is the beginning of the text and nothing else.
    contextLength: Math.max(1, plain.contextLength),
    scan(text, from, final, emit) {
      if (from === 0 && rewriter.preserveStructure) {
        const json = looksLikeJson(text);
        if (json !== false && !final) return 0;
        if (json === true) {
          const strings = jsonStrings(text);
          if (strings !== null) {
            for (const { start, end, value } of strings) {
              const change = changed(plain, value);
              if (change !== null) emit({ ...change, start, end });
            }
            return text.length;
          }
        }
      }
      return scanPlain(plain, rewriter, text, from, final, emit);
    },
  };
}

function scanPlain(
  plain: TextScanner,
  { prepend, append }: Rewriter,
  text: string,
  from: number,
  final: boolean,
  emit: (finding: TextFinding) => void,
): number {
  if (text.length === 0) return 0;
  let begun = from > 0;
  const begin = (): void => {
    if (!begun) for (const { name, text: put } of prepend) emit(insertion(name, 0, put));
    begun = true;
  };
  const hold = plain.scan(text, from, final, (finding) => {
    begin();
    emit(finding);
  });
  if (hold > 0) begin();
  if (final) for (const { name, text: put } of append) emit(insertion(name, text.length, put));
  return hold;
}

const insertion = (type: string, at: number, replacement: string): TextFinding => ({
  type,
  start: at,
  end: at,
  replacement,
});

/** What stands in place of a JSON string, escaped, under the name of the first rule that changed it. */
function changed(plain: TextScanner, value: string): { type: string; replacement: string } | null {
  let out = '';
  let at = 0;
  let type: string | null = null;
  plain.scan(value, 0, true, (finding) => {
    type ??= finding.type;
    out += value.slice(at, finding.start) + (finding.replacement ?? '');
    at = finding.end;
  });
  if (type === null) return null;
  return { type, replacement: JSON.stringify(out + value.slice(at)).slice(1, -1) };
}
