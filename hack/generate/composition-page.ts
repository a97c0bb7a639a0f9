import { FIELDS } from '../../operator/domain/fields.ts';
import { page, table } from './markdown.ts';
import { notice, type Output } from './output.ts';

const RULES = {
  lowest: 'The lowest number that any policy states.',
  strictest: 'The strictest value that any policy states.',
  intersection:
    'Only what every policy that states the field permits: of a list in the order of the strongest, of trusted headers the pairs that are the same. A policy that does not state it has no say.',
} as const satisfies Record<(typeof FIELDS)[number]['rule'], string>;

/** `docs/reference/composition.md`: how policies combine, from the table that the operator works by. */
export function compositionPage(): Output {
  return {
    path: 'docs/reference/composition.md',
    text: page('How policies combine', notice('`operator/domain/fields.ts`'), [
      'From weakest to strongest: a policy for the whole namespace, a policy that names the gateway.',
      '## Entries',
      'They never merge: every entry of every policy that applies runs, with its own settings, mode and source. Rewriters run first; then every other entry inspects that same text, and any block wins. The stronger level comes first; within a level the order is `namespace/name`, then the position in the object.',
      '## Keys',
      'They join: a key says who calls. Where two policies hold the same key, it may ask for the models that both permit and ends at the earlier end. Where one id or one value means two callers, the stronger policy wins and the other one’s status says so.',
      '## Everything else',
      table(
        ['field of the document', 'rule'],
        FIELDS.map(({ path, rule }) => [`\`${path}\``, rule]),
      ),
      table(
        ['rule', 'meaning'],
        Object.entries(RULES).map(([rule, meaning]) => [rule, meaning]),
      ),
      'A policy that did not get what it states has `Overridden=True` with the field, the value and whose word it is; this does not make it unready.',
    ]),
  };
}
