import type { ASTNode } from '@marcbachmann/cel-js';

/** What an expression uses of the language, to compare with `crds/cel-functions.yaml`. */
export interface CelUses {
  /** Functions, macros and operators: `size`, `all`, `_==_`, `_[_]`, … */
  functions: ReadonlySet<string>;
  variables: ReadonlySet<string>;
  /** Literal arguments of `matches`. */
  patterns: readonly string[];
}

/** Reads a parsed expression. */
export function usesOf(ast: ASTNode): CelUses {
  const functions = new Set<string>();
  const variables = new Set<string>();
  const patterns: string[] = [];
  const visit = (node: ASTNode): void => {
    switch (node.op) {
      case 'value':
        return;
      case 'id':
        variables.add(node.args);
        return;
      case 'call':
      case 'rcall': {
        const name = node.op === 'call' ? node.args[0] : node.args[0];
        functions.add(name);
        if (name === 'matches') {
          const pattern = node.args.flat().findLast((part) => typeof part === 'object');
          if (pattern?.op === 'value' && typeof pattern.args === 'string') patterns.push(pattern.args);
        }
        break;
      }
      case '.':
        break;
      default:
        functions.add(operatorName(node.op));
    }
    for (const part of [node.args].flat(3)) {
      if (isNode(part)) visit(part);
    }
  };
  visit(ast);
  return { functions, variables, patterns };
}

function isNode(part: unknown): part is ASTNode {
  return part !== null && typeof part === 'object' && 'op' in part && 'args' in part;
}

function operatorName(op: string): string {
  switch (op) {
    case '!_':
    case '-_':
    case '?:':
    case 'list':
    case 'map':
      return op;
    case '[]':
      return '_[_]';
    default:
      return `_${op}_`;
  }
}
