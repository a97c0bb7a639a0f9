import type { AST } from '@eslint-community/regexpp';
import type { ParsedPattern } from './pattern-syntax.ts';

/**
 * Upper bound of the steps that a backtracking engine spends on the counted repeats of a pattern at one place of the
 * text. The automaton check of `redos.ts` is about growth with the text; a counted repeat does not grow, yet
 * `(a{1,50}){1,50}b` runs for minutes. Unbounded repeats count as one step here: they are the automaton's business.
 */
export function countedCost(pattern: ParsedPattern): number {
  return ofAlternatives(pattern.ast.alternatives, pattern.flags).cost;
}

interface Work {
  /** Ways in which the part can match, each of which what follows may be tried on. */
  readonly ways: number;
  readonly cost: number;
}

function ofAlternatives(alternatives: readonly AST.Alternative[], flags: string): Work {
  let [ways, cost] = [0, 0];
  for (const alternative of alternatives) {
    const work = ofSequence(alternative.elements, flags);
    ways += work.ways;
    cost += work.cost;
  }
  return { ways: Math.max(1, ways), cost };
}

function ofSequence(elements: readonly AST.Element[], flags: string): Work {
  let [ways, cost] = [1, 0];
  elements.forEach((node, index) => {
    const work = ofNode(node, flags);
    cost += ways * work.cost;
    ways *= endsAt(node, elements[index + 1], flags) ? 1 : work.ways;
  });
  return { ways, cost };
}

function ofNode(node: AST.Element | AST.QuantifiableElement, flags: string): Work {
  switch (node.type) {
    case 'Group':
    case 'CapturingGroup':
      return ofAlternatives(node.alternatives, flags);
    case 'Assertion':
      return node.kind === 'lookahead' || node.kind === 'lookbehind'
        ? { ways: 1, cost: ofAlternatives(node.alternatives, flags).cost }
        : { ways: 1, cost: 1 };
    case 'Quantifier': {
      const inner = ofNode(node.element, flags);
      if (node.max === Number.POSITIVE_INFINITY) return { ways: 1, cost: inner.cost };
      if (inner.ways === 1)
        return { ways: node.max - node.min + 1, cost: inner.cost * Math.max(1, node.max) };
      const ways = inner.ways ** node.max;
      return { ways, cost: inner.cost * ways };
    }
    default:
      return { ways: 1, cost: 1 };
  }
}

/** A run such as `[\w.]{1,64}` before a character it cannot hold, such as `@`, can end in one place only. */
function endsAt(node: AST.Element, next: AST.Element | undefined, flags: string): boolean {
  if (node.type !== 'Quantifier' || next?.type !== 'Character') return false;
  const atom = node.element;
  if (atom.type !== 'Character' && atom.type !== 'CharacterClass' && atom.type !== 'CharacterSet')
    return false;
  return !new RegExp(atom.raw, flags).test(String.fromCodePoint(next.value));
}
