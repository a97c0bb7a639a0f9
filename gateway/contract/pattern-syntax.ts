import { type AST, RegExpParser, RegExpSyntaxError, visitRegExpAST } from '@eslint-community/regexpp';

/** A user-written pattern, parsed. */
export interface ParsedPattern {
  /** JavaScript source without the leading flag group. */
  readonly body: string;
  /** Some of `i`, `m`, `s`, `u`, in this order. */
  readonly flags: string;
  readonly ast: AST.Pattern;
  /** How many capture groups it has. */
  readonly groups: number;
  /** Names of capture groups, with their numbers. */
  readonly groupNames: Readonly<Record<string, number>>;
}

/** A pattern that neither engine runs as its author means it. The message names the construct. */
export class PatternSyntaxError extends Error {
  override readonly name = 'PatternSyntaxError';
}

/** Longest source of a pattern, in UTF-16 units. */
const MAX_PATTERN_SOURCE = 1024;

/** What other dialects write and JavaScript refuses with a message that helps nobody. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/\(\?P</, 'the group `(?P<…>` is Python’s spelling: write `(?<…>` for a named group'],
  [/\(\?P=/, 'the back-reference `(?P=…)` is Python’s spelling: write `\\k<…>`'],
  [/\(\?>/, 'the atomic group `(?>…)` is not supported'],
  [/\(\?#/, 'the comment `(?#…)` is not supported'],
  [/\(\?[(R&]/, 'conditional and recursive groups are not supported'],
  [/[*+?}]\+/, 'the possessive quantifier is not supported: remove the second `+`'],
  [/.\(\?[A-Za-z]+\)/su, 'flags such as `(?i)` may stand only at the beginning of a pattern'],
];
const POSIX_CLASS = /^\[\^?\[:\^?\w+:\]/;

/** Escapes that JavaScript would silently read as the letter itself. */
const LETTER_ESCAPE = /^\\[A-Za-z]$/;
const REAL_ESCAPES = new Set(['\\t', '\\n', '\\v', '\\f', '\\r', '\\b']);
const ESCAPE_ADVICE: Readonly<Record<string, string>> = {
  '\\A': 'write `^` for the beginning of the text',
  '\\Z': 'write `$` for the end of the text',
  '\\z': 'write `$` for the end of the text',
  '\\h': 'write `[ \\t]` for horizontal space',
  '\\Q': 'escape each character instead',
  '\\E': 'escape each character instead',
};

/** @throws PatternSyntaxError */
export function parsePattern(source: string): ParsedPattern {
  if (source === '') throw new PatternSyntaxError('the pattern is empty');
  if (source.length > MAX_PATTERN_SOURCE) {
    throw new PatternSyntaxError(`the pattern is longer than ${MAX_PATTERN_SOURCE} characters`);
  }
  const { body: stated, flags } = takeFlags(source);
  const body = plainEscapes(stated);
  let ast = tryParse(body, false);
  const unicode = ast instanceof Error || readsCodePoints(ast, body);
  if (unicode) {
    const strict = tryParse(body, true);
    // What only the loose grammar takes, such as `{` by itself, stays loose.
    if (!(strict instanceof Error)) return finish(strict, body, `${flags}u`);
    if (ast instanceof Error) ast = strict;
  }
  if (ast instanceof Error) {
    throw new PatternSyntaxError(FOREIGN.find(([test]) => test.test(source))?.[1] ?? sentence(ast));
  }
  return finish(ast, body, flags);
}

function finish(ast: AST.Pattern, body: string, flags: string): ParsedPattern {
  let groups = 0;
  const groupNames: Record<string, number> = {};
  visitRegExpAST(ast, {
    onCapturingGroupEnter(node) {
      groups += 1;
      if (node.name !== null) groupNames[node.name] = groups;
    },
    onCharacterClassEnter(node) {
      if (!POSIX_CLASS.test(node.raw)) return;
      throw new PatternSyntaxError(
        'the POSIX class `[[:…:]]` is not supported: write the characters, such as `[A-Za-z]`',
      );
    },
    onCharacterEnter(node) {
      if (!LETTER_ESCAPE.test(node.raw) || REAL_ESCAPES.has(node.raw)) return;
      const advice = ESCAPE_ADVICE[node.raw] ?? 'remove the backslash or write the character meant';
      throw new PatternSyntaxError(`the escape \`${node.raw}\` is not supported: ${advice}`);
    },
  });
  return { body, flags, ast, groups, groupNames };
}

/** Flags such as `(?i)` stand only at the beginning and hold for the whole pattern. */
function takeFlags(source: string): { body: string; flags: string } {
  const lead = /^\(\?([A-Za-z]+)\)/.exec(source);
  if (lead === null) return { body: source, flags: '' };
  const letters = lead[1] ?? '';
  for (const letter of letters) {
    if (!'ims'.includes(letter)) {
      throw new PatternSyntaxError(`the flag \`${letter}\` is not supported: only i, m and s are`);
    }
  }
  const body = source.slice(lead[0].length);
  if (body === '') throw new PatternSyntaxError('the pattern is empty behind its flags');
  return { body, flags: [...'ims'].filter((letter) => letters.includes(letter)).join('') };
}

/** Backslashes that change nothing, such as in `\\-` or `\\@`, are taken out: with /u they would be errors. */
function plainEscapes(body: string): string {
  let inClass = false;
  return body.replace(/\\[\s\S]|[[\]]/g, (token) => {
    if (token === '[') inClass = true;
    else if (token === ']') inClass = false;
    else if (token === '\\-') return inClass ? token : '-';
    else if (!/^\\[A-Za-z0-9^$\\.*+?()[\]{}|/\ud800-\udfff]$/.test(token)) return token.slice(1);
    return token;
  });
}

function tryParse(body: string, unicode: boolean): AST.Pattern | RegExpSyntaxError {
  try {
    return new RegExpParser({ ecmaVersion: 2025 }).parsePattern(body, 0, body.length, { unicode });
  } catch (error) {
    if (error instanceof RegExpSyntaxError) return error;
    throw error;
  }
}

/** Whether reading by UTF-16 unit could cut a character in two or change what the pattern means. */
function readsCodePoints(ast: AST.Pattern, body: string): boolean {
  if (/[\ud800-\udfff]|\\[pP]|\\u\{/u.test(body) || /[\ud800-\udfff]/.test(body)) return true;
  let found = false;
  visitRegExpAST(ast, {
    onCharacterSetEnter(node) {
      if (node.kind === 'any' || ('negate' in node && node.negate)) found = true;
    },
    onCharacterClassEnter(node) {
      if (node.negate) found = true;
    },
  });
  return found;
}

function sentence(error: RegExpSyntaxError): string {
  const [, , reason] = /^(Invalid regular expression: .*: )?(.*)$/su.exec(error.message) ?? [];
  return `${reason ?? error.message}, at character ${error.index + 1}`;
}
