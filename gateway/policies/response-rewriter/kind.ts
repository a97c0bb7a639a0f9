import type { CompileEnv, PatternScanner, PolicyKind, TextScanner } from '../kind.ts';
import type { Replacer } from './replace.ts';
import { type Insertion, rewriteScanner } from './rewriter.ts';
import { gatesOf, type RewriterSettings, type Rule } from './settings.ts';
import { expand, parseTemplate } from './template.ts';

/** Rewrites the text of answers before anything inspects it. */
export const kind: PolicyKind<RewriterSettings> = {
  name: 'response-rewriter',
  version: '1.0.0',
  needs: [],
  streaming: 'windowed',
  compile({ rules, preserve_structure: preserveStructure }, env) {
    const ready = rules.map((rule) => readyRule(rule, env));
    const scanner = ready.some(({ gates }) => gates.length > 0)
      ? gatedScanner(ready, preserveStructure)
      : scannerOf(ready, preserveStructure);
    return {
      transformText: {
        appliesTo: ({ phase, part }) => phase === 'output' && part === 'content',
        action: 'rewrite',
        form: scanner.maxMatchLength === null ? 'buffered' : 'windowed',
        scanner,
      },
    };
  },
};

interface ReadyRule {
  /** All of them must match for the rule to apply to a text. */
  readonly gates: readonly PatternScanner[];
  readonly replacers: readonly Replacer[];
  readonly prepend: readonly Insertion[];
  readonly append: readonly Insertion[];
}

function readyRule(rule: Rule, env: CompileEnv): ReadyRule {
  const { name, replacement, position } = rule;
  const insertion = replacement === '' ? [] : [{ name, text: replacement }];
  return {
    gates: gatesOf(rule).map((source) => env.pattern(source)),
    replacers: position === 'replace' ? replacerOf(rule, env) : [],
    prepend: position === 'prepend' ? insertion : [],
    append: position === 'append' ? insertion : [],
  };
}

function replacerOf({ name, pattern, replacement }: Rule, env: CompileEnv): Replacer[] {
  if (pattern === undefined) return [];
  const finder = env.pattern(pattern);
  const pieces = parseTemplate(replacement);
  return [{ finder, name, replace: ({ groups }) => expand(pieces, groups ?? [], finder.groupNames) }];
}

function scannerOf(rules: readonly ReadyRule[], preserveStructure: boolean): TextScanner {
  return rewriteScanner({
    preserveStructure,
    replacers: rules.flatMap(({ replacers }) => replacers),
    prepend: rules.flatMap(({ prepend }) => prepend),
    append: rules.flatMap(({ append }) => append),
  });
}

/** Decides at the end of a text which rules apply to it. */
function gatedScanner(rules: readonly ReadyRule[], preserveStructure: boolean): TextScanner {
  return {
    maxMatchLength: null,
    contextLength: 1,
    scan(text, from, final, emit) {
      if (!final) return from;
      const applicable = rules.filter(({ gates }) => gates.every((gate) => matches(gate, text)));
      return scannerOf(applicable, preserveStructure).scan(text, from, final, emit);
    },
  };
}

const matches = (gate: PatternScanner, text: string): boolean => typeof gate.next(text, 0, true) !== 'number';
