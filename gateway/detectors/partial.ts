import type { AST } from '@eslint-community/regexpp';
import { re2Node } from '../contract/pattern-re2.ts';
import type { ParsedPattern } from '../contract/pattern-syntax.ts';

/**
 * The pattern of the beginnings of matches: it matches from an index to the end of the text if a match of the original
 * could begin at that index and needs text that is not there yet. Each atom may also stand for the end of the text, and
 * assertions hold there; what is relaxed makes it match more, never less.
 *
 * Returns `null` for what cannot be said so: back-references, and look-behinds that look ahead.
 */
export function partialSource(pattern: ParsedPattern, target: 'js' | 're2'): string | null {
  const end = target === 're2' ? '\\z' : pattern.flags.includes('m') ? '(?![^])' : '$';
  const writer: Writer = {
    end,
    atom: (node) => (target === 're2' ? re2Node(node, pattern.flags) : node.raw),
  };
  try {
    // Not `$`: with /u, V8 begins an end-anchored search too late where a character has two units.
    return `(?:${alternatives(pattern.ast.alternatives, writer)})${target === 're2' ? end : '(?![^])'}`;
  } catch (error) {
    if (error === NOT_EXPRESSIBLE) return null;
    throw error;
  }
}

interface Writer {
  readonly end: string;
  atom(node: AST.Element | AST.QuantifiableElement): string;
}

const NOT_EXPRESSIBLE = new Error('not expressible');

const alternatives = (list: readonly AST.Alternative[], writer: Writer): string =>
  list.map((one) => one.elements.map((node) => element(node, writer)).join('')).join('|');

function element(node: AST.Element | AST.QuantifiableElement, writer: Writer): string {
  switch (node.type) {
    case 'Group': {
      const flags = node.modifiers === null ? '' : node.modifiers.raw;
      return `(?${flags}:${alternatives(node.alternatives, writer)})`;
    }
    case 'CapturingGroup':
      return `(?:${alternatives(node.alternatives, writer)})`;
    case 'Quantifier':
      return quantifier(node, writer);
    case 'Assertion':
      return assertion(node, writer);
    case 'Backreference':
      throw NOT_EXPRESSIBLE;
    default:
      return `(?:${writer.atom(node)}|${writer.end})`;
  }
}

/** A run of one atom is kept a run, which both engines do fast: all of it, or as much as there is text. */
function quantifier(node: AST.Quantifier, writer: Writer): string {
  const inner = node.element;
  if (inner.type !== 'Character' && inner.type !== 'CharacterClass' && inner.type !== 'CharacterSet') {
    return `(?:${element(inner, writer)})${node.raw.slice(inner.raw.length)}`;
  }
  const atom = writer.atom(inner);
  const max = node.max === Number.POSITIVE_INFINITY ? '' : String(node.max);
  const whole = `${atom}{${node.min},${max}}`;
  return node.min === 0 ? whole : `(?:${whole}|${atom}{0,${node.min - 1}}${writer.end})`;
}

function assertion(node: AST.Assertion, writer: Writer): string {
  if (node.kind === 'lookahead') {
    return `(?:(?:${alternatives(node.alternatives, writer)})${writer.end}|)`;
  }
  if (node.kind === 'lookbehind' && looksAhead(node)) throw NOT_EXPRESSIBLE;
  return `(?:${writer.atom(node)}|${writer.end})`;
}

/** At the end of the known text, what such a look-behind says may still change. */
function looksAhead(node: AST.LookbehindAssertion): boolean {
  return /\\[bB]|\\[1-9k]|\(\?[=!]|\$/.test(node.raw.slice(3));
}
