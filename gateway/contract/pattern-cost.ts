import type { AST } from '@eslint-community/regexpp';
import { ALL_UNITS, disjoint, firstOfSequence, NO_UNITS, type UnitSet } from './pattern-first.ts';
import type { ParsedPattern } from './pattern-syntax.ts';

/**
 * Upper bound of the steps that a backtracking engine spends on the counted repeats of a pattern at one place of the
 * text. The automaton check of `redos.ts` is about growth with the text; a counted repeat does not grow, yet
 * `(a{1,50}){1,50}b` runs for minutes. Unbounded repeats count as one step here: they are the automaton's business.
 *
 * A choice that the next character decides is no choice: `[\w.]{1,64}` before `@` can end in one place only.
 *
 * `follow`: what may have to come behind a match; for `ALL_UNITS` every way to match is tried.
 */
export function countedCost(pattern: ParsedPattern, follow: UnitSet = NO_UNITS): number {
  return ofAlternatives(pattern.ast.alternatives, follow, pattern.flags).cost;
}

interface Work {
  /** Ways in which the part can match, each of which what follows may be tried on. */
  readonly ways: number;
  readonly cost: number;
}

const ONE: Work = { ways: 1, cost: 1 };

function ofAlternatives(list: readonly AST.Alternative[], follow: UnitSet, flags: string): Work {
  const works = list.map((one) => ofSequence(one.elements, follow, flags));
  const firsts = list.map((one) => firstOfSequence(one.elements, follow, flags));
  const decided = firsts.every((first, index) =>
    firsts.slice(index + 1).every((other) => disjoint(first, other)),
  );
  const cost = works.reduce((sum, work) => sum + work.cost, 0);
  const ways = works.map((work) => work.ways);
  return { ways: decided ? Math.max(...ways) : ways.reduce((sum, way) => sum + way, 0), cost };
}

function ofSequence(elements: readonly AST.Element[], follow: UnitSet, flags: string): Work {
  const behind: UnitSet[] = [];
  elements.reduceRight((next, node, index) => {
    behind[index] = next;
    // An assertion may refuse whatever comes, and send the engine back.
    return node.type === 'Assertion' ? ALL_UNITS : firstOfSequence([node], next, flags);
  }, follow);
  let [ways, cost] = [1, 0];
  elements.forEach((node, index) => {
    const work = ofNode(node, behind[index] as UnitSet, flags);
    cost += ways * work.cost;
    ways *= work.ways;
  });
  return { ways, cost };
}

function ofNode(node: AST.Element | AST.QuantifiableElement, follow: UnitSet, flags: string): Work {
  switch (node.type) {
    case 'Group':
    case 'CapturingGroup':
      return ofAlternatives(node.alternatives, follow, flags);
    case 'Assertion':
      return node.kind === 'lookahead' || node.kind === 'lookbehind'
        ? { ways: 1, cost: ofAlternatives(node.alternatives, ALL_UNITS, flags).cost }
        : ONE;
    case 'Quantifier':
      return repeated(node, follow, flags);
    default:
      return ONE;
  }
}

/** Every round but the last is followed by another one, the last by what comes behind. */
function repeated({ element, min, max }: AST.Quantifier, follow: UnitSet, flags: string): Work {
  if (max === 0) return { ways: 1, cost: 0 };
  const again = firstOfSequence([element], follow, flags);
  const last = ofNode(element, follow, flags);
  if (max === Number.POSITIVE_INFINITY) return { ways: last.ways, cost: last.cost };
  const round = max === 1 ? last : ofNode(element, again, flags);
  const ends = disjoint(again, follow) ? 1 : max - min + 1;
  const rounds = round.ways ** (max - 1);
  return {
    ways: rounds * last.ways * ends,
    cost: round.ways === 1 ? round.cost * max + last.cost : (round.cost + last.cost) * rounds,
  };
}
