import fc from 'fast-check';

/** What random patterns are made of. Assertions take no quantifier. */
export interface Grammar {
  atoms: readonly string[];
  assertions: readonly string[];
  quantifiers: readonly string[];
  /** How groups and looks begin. */
  heads: readonly string[];
}

export const CHARACTERS = [
  'a',
  'b',
  '1',
  ' ',
  '😀',
  '.',
  '\\w',
  '\\d',
  '\\W',
  '[ab]',
  '[^a]',
  '[b1😀]',
  '\\p{L}',
];
export const ASSERTIONS = ['\\b', '\\B', '^', '$'];
export const BOUNDED = ['', '', '', '?', '??', '{0,2}', '{1,3}', '{2}', '{1,3}?', '{0,5}'];

/** Patterns of everything that the grammar has, nested two deep. */
export function anyPattern({ atoms, assertions, quantifiers, heads }: Grammar): fc.Arbitrary<string> {
  const quantifier = fc.constantFrom(...quantifiers);
  return fc.letrec<{ alternation: string; sequence: string; term: string }>((tie) => ({
    alternation: fc.array(tie('sequence'), { minLength: 1, maxLength: 2 }).map((list) => list.join('|')),
    sequence: fc.array(tie('term'), { minLength: 1, maxLength: 4 }).map((list) => list.join('')),
    term: fc.oneof(
      { maxDepth: 2, depthIdentifier: 'group' },
      { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...atoms), quantifier).map((both) => both.join('')) },
      { weight: 1, arbitrary: fc.constantFrom(...assertions) },
      {
        weight: 5,
        arbitrary: fc
          .tuple(fc.constantFrom(...heads), tie('alternation'), quantifier)
          .map(([head, inner, times]) =>
            /[=!]$/.test(head) ? `${head}${inner})` : `${head}${inner})${times}`,
          ),
      },
    ),
  })).alternation;
}

export const anyFlags = fc.constantFrom('', '', '(?i)', '(?m)', '(?s)');
export const anyText = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', '1', ' ', '\n', '😀', 'é', '.', '-', '\u00a0'),
  maxLength: 14,
});
