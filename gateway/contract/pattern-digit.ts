import type { AST } from '@eslint-community/regexpp';
import type { ParsedPattern } from './pattern-syntax.ts';

/** Whether each match that is not empty has a digit of ASCII in it. False where that is not plain to see. */
export function needsDigit({ ast }: ParsedPattern): boolean {
  return ast.alternatives.every(hasDigit);
}

function hasDigit({ elements }: AST.Alternative): boolean {
  return elements.some(isDigit);
}

function isDigit(node: AST.Element | AST.QuantifiableElement | AST.CharacterClassElement): boolean {
  switch (node.type) {
    case 'Character':
      return isDigitUnit(node.value);
    case 'CharacterSet':
      return node.kind === 'digit' && !node.negate;
    case 'CharacterClassRange':
      return isDigitUnit(node.min.value) && isDigitUnit(node.max.value);
    case 'CharacterClass':
      return !node.negate && node.elements.length > 0 && node.elements.every(isDigit);
    case 'Group':
    case 'CapturingGroup':
      return node.alternatives.every(hasDigit);
    case 'Quantifier':
      return node.min > 0 && isDigit(node.element);
    default:
      return false;
  }
}

function isDigitUnit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}
