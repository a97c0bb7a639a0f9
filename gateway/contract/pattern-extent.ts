import type { AST } from '@eslint-community/regexpp';
import type { ParsedPattern } from './pattern-syntax.ts';

/** How far a pattern reaches, in UTF-16 units. `Infinity` where nothing bounds it. */
export interface Extent {
  readonly minLength: number;
  readonly maxLength: number;
  /** How far beyond the end of a match it may look. */
  readonly lookAhead: number;
  /** How far before the beginning of a match it may look. */
  readonly lookBehind: number;
}

const NOTHING: Extent = { minLength: 0, maxLength: 0, lookAhead: 0, lookBehind: 0 };

export function extentOf(pattern: ParsedPattern): Extent {
  return ofAlternatives(pattern.ast.alternatives, pattern.flags.includes('u'));
}

function ofAlternatives(alternatives: readonly AST.Alternative[], unicode: boolean): Extent {
  const parts = alternatives.map((one) =>
    one.elements.map((node) => ofNode(node, unicode)).reduce(add, NOTHING),
  );
  return {
    minLength: Math.min(...parts.map((part) => part.minLength)),
    maxLength: Math.max(...parts.map((part) => part.maxLength)),
    lookAhead: Math.max(...parts.map((part) => part.lookAhead)),
    lookBehind: Math.max(...parts.map((part) => part.lookBehind)),
  };
}

/** Looks add to the lengths, not to each other, so their maximum is a bound. */
function add(a: Extent, b: Extent): Extent {
  return {
    minLength: a.minLength + b.minLength,
    maxLength: a.maxLength + b.maxLength,
    lookAhead: Math.max(a.lookAhead, b.lookAhead),
    lookBehind: Math.max(a.lookBehind, b.lookBehind),
  };
}

function ofNode(node: AST.Element | AST.QuantifiableElement, unicode: boolean): Extent {
  switch (node.type) {
    case 'Character':
      return units(node.value > 0xffff ? 2 : 1, node.value > 0xffff ? 2 : 1);
    case 'CharacterClass':
    case 'CharacterSet':
    case 'ExpressionCharacterClass':
      return units(1, unicode ? 2 : 1);
    case 'Group':
    case 'CapturingGroup':
      return ofAlternatives(node.alternatives, unicode);
    case 'Quantifier':
      return repeat(ofNode(node.element, unicode), node.min, node.max);
    case 'Backreference': {
      const groups = Array.isArray(node.resolved) ? node.resolved : [node.resolved];
      // A group that refers to itself from within matches nothing there.
      const outer = groups.filter((group) => node.start >= group.end || node.end <= group.start);
      return units(0, Math.max(0, ...outer.map((group) => ofNode(group, unicode).maxLength)));
    }
    case 'Assertion':
      return ofAssertion(node, unicode);
  }
}

function ofAssertion(node: AST.Assertion, unicode: boolean): Extent {
  if (node.kind === 'lookahead' || node.kind === 'lookbehind') {
    const inner = ofAlternatives(node.alternatives, unicode);
    const over = inner.maxLength + Math.max(inner.lookAhead, inner.lookBehind);
    return node.kind === 'lookahead'
      ? { ...NOTHING, lookAhead: over, lookBehind: inner.lookBehind }
      : { ...NOTHING, lookBehind: over, lookAhead: inner.lookAhead };
  }
  if (node.kind === 'word') return { ...NOTHING, lookAhead: 1, lookBehind: 1 };
  return node.kind === 'start' ? { ...NOTHING, lookBehind: 1 } : { ...NOTHING, lookAhead: 1 };
}

const units = (minLength: number, maxLength: number): Extent => ({ ...NOTHING, minLength, maxLength });

function repeat(inner: Extent, min: number, max: number): Extent {
  return {
    ...inner,
    minLength: inner.minLength * min,
    maxLength: inner.maxLength === 0 || max === 0 ? 0 : inner.maxLength * max,
  };
}

/** A match that begins before the last so many units of a text cannot change. `Infinity` where nothing bounds it. */
export function windowOf(extent: Extent): number {
  return extent.lookBehind === Number.POSITIVE_INFINITY
    ? Number.POSITIVE_INFINITY
    : extent.maxLength + extent.lookAhead;
}
