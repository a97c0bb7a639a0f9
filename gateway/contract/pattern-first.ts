import type { AST } from '@eslint-community/regexpp';
import type { ParsedPattern } from './pattern-syntax.ts';

/** A set of UTF-16 units: exact for ASCII, one bit for all beyond. */
export interface UnitSet {
  /** 1 for each unit of ASCII that is in it. */
  readonly ascii: Uint8Array;
  readonly beyond: boolean;
}

export const NO_UNITS: UnitSet = { ascii: new Uint8Array(128), beyond: false };
export const ALL_UNITS: UnitSet = { ascii: new Uint8Array(128).fill(1), beyond: true };

function union(a: UnitSet, b: UnitSet): UnitSet {
  return { ascii: a.ascii.map((bit, unit) => bit | (b.ascii[unit] as number)), beyond: a.beyond || b.beyond };
}

export function disjoint(a: UnitSet, b: UnitSet): boolean {
  return !(a.beyond && b.beyond) && a.ascii.every((bit, unit) => bit === 0 || b.ascii[unit] === 0);
}

/** The units with which a match that is not empty can begin. A superset, never less. */
export function startsOf(pattern: ParsedPattern): UnitSet {
  return firstOfAlternatives(pattern.ast.alternatives, NO_UNITS, pattern.flags);
}

/** What can come first in any of the alternatives, where `follow` comes behind them. */
function firstOfAlternatives(list: readonly AST.Alternative[], follow: UnitSet, flags: string): UnitSet {
  return list.map((one) => firstOfSequence(one.elements, follow, flags)).reduce(union, NO_UNITS);
}

export function firstOfSequence(elements: readonly AST.Element[], follow: UnitSet, flags: string): UnitSet {
  return elements.reduceRight((behind, node) => firstOfNode(node, behind, flags), follow);
}

function firstOfNode(node: AST.Element | AST.QuantifiableElement, follow: UnitSet, flags: string): UnitSet {
  switch (node.type) {
    case 'Character':
    case 'CharacterClass':
    case 'CharacterSet':
      return { ascii: asciiOf(node, flags), beyond: reachesBeyond(node, flags) };
    case 'Group':
      return node.modifiers === null ? firstOfAlternatives(node.alternatives, follow, flags) : ALL_UNITS;
    case 'CapturingGroup':
      return firstOfAlternatives(node.alternatives, follow, flags);
    case 'Quantifier': {
      if (node.max === 0) return follow;
      const inner = firstOfNode(node.element, follow, flags);
      return node.min === 0 ? union(inner, follow) : inner;
    }
    case 'Assertion':
      return follow;
    default:
      return ALL_UNITS;
  }
}

function asciiOf(node: AST.Character | AST.CharacterClass | AST.CharacterSet, flags: string): Uint8Array {
  const regex = new RegExp(node.raw, flags);
  return Uint8Array.from({ length: 128 }, (_, unit) => (regex.test(String.fromCharCode(unit)) ? 1 : 0));
}

function reachesBeyond(
  node: AST.CharacterClassElement | AST.CharacterClass | AST.CharacterSet,
  flags: string,
): boolean {
  // With both flags a few letters beyond ASCII match letters of it.
  if (flags.includes('i') && flags.includes('u')) return true;
  switch (node.type) {
    case 'Character':
      return node.value >= 0x80;
    case 'CharacterClassRange':
      return node.max.value >= 0x80;
    case 'CharacterSet':
      return node.kind === 'any' || node.kind === 'space' || node.kind === 'property' || node.negate;
    case 'CharacterClass':
      return node.negate || node.elements.some((one) => reachesBeyond(one, flags));
    default:
      return true;
  }
}
