import type { AST } from '@eslint-community/regexpp';
import type { ParsedPattern } from './pattern-syntax.ts';

/** What JavaScript's `\s` holds beyond RE2's. */
const SPACE =
  '\\t\\n\\x0b\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}';
const EVERYTHING = '\\x{0}-\\x{10ffff}';
const NOT_NEWLINE = '[^\\n\\r\\x{2028}\\x{2029}]';

/**
 * The source that the linear engine reads, with the meaning that the pattern has in JavaScript. Constructs which it
 * does not have stay as they are, so that it refuses them.
 */
export function re2Source(pattern: ParsedPattern): string {
  return alternatives(pattern.ast.alternatives, pattern.flags);
}

function alternatives(list: readonly AST.Alternative[], flags: string): string {
  return list.map((one) => one.elements.map((node) => re2Node(node, flags)).join('')).join('|');
}

/** One element; `flags` are those of the whole pattern. */
export function re2Node(node: AST.Element | AST.QuantifiableElement, flags: string): string {
  switch (node.type) {
    case 'Character':
      return literal(node.value);
    case 'CharacterSet':
      return set(node, flags);
    case 'CharacterClass':
      if (node.elements.length === 0) return node.negate ? `[${EVERYTHING}]` : `[^${EVERYTHING}]`;
      return `[${node.negate ? '^' : ''}${node.elements.map(member).join('')}]`;
    case 'Group':
      return `(?${node.modifiers === null ? '' : node.modifiers.raw}:${alternatives(node.alternatives, flags)})`;
    case 'CapturingGroup':
      return `(${alternatives(node.alternatives, flags)})`;
    case 'Quantifier':
      return `${re2Node(node.element, flags)}${node.raw.slice(node.element.raw.length)}`;
    case 'Assertion':
      if (node.kind === 'end') return flags.includes('m') ? '(?m:$)' : '\\z';
      if (node.kind === 'start') return flags.includes('m') ? '(?m:^)' : '\\A';
      if (node.kind === 'lookbehind') {
        return `(?<${node.negate ? '!' : '='}${alternatives(node.alternatives, flags)})`;
      }
      return node.raw;
    default:
      return node.raw;
  }
}

function set(node: AST.CharacterSet, flags: string): string {
  if (node.kind === 'any') return flags.includes('s') ? '(?s:.)' : NOT_NEWLINE;
  if (node.kind === 'space') return `[${node.negate ? '^' : ''}${SPACE}]`;
  return property(node);
}

function property(node: AST.CharacterSet): string {
  if (node.kind !== 'property') return node.raw;
  return `\\${node.negate ? 'P' : 'p'}{${node.value ?? node.key}}`;
}

function member(node: AST.CharacterClassElement): string {
  if (node.type === 'Character') return literal(node.value);
  if (node.type === 'CharacterClassRange') return `${literal(node.min.value)}-${literal(node.max.value)}`;
  if (node.type === 'CharacterSet') {
    if (node.kind === 'space') return node.negate ? '\\S' : SPACE;
    return property(node as AST.CharacterSet);
  }
  return node.raw;
}

const literal = (value: number): string =>
  (value >= 0x30 && value <= 0x39) || (value >= 0x41 && value <= 0x5a) || (value >= 0x61 && value <= 0x7a)
    ? String.fromCharCode(value)
    : `\\x{${value.toString(16)}}`;
