import { REASONS } from '../../operator/domain/reasons.ts';
import { page, table } from './markdown.ts';
import { notice, type Output } from './output.ts';

const CONDITIONS: readonly (readonly [string, string, string])[] = [
  ['Ready', 'all', 'Sums up those below that should be true; the first that is not gives its reason.'],
  ['Accepted', 'all', 'The object is valid and in force as it stands; for a gateway, a policy governs it.'],
  ['ResolvedRefs', 'GovernancePolicy', 'Everything that the policy names exists.'],
  ['Available', 'GovernanceGateway', 'As many instances are ready as were asked for.'],
  [
    'Programmed',
    'all',
    'Every ready instance of every gateway concerned has reported that it runs the object as it stands.',
  ],
  ['Overridden', 'GovernancePolicy', 'Another policy says otherwise about something. `False` is normal.'],
];

const EVENTS = {
  Warning: 'Warning',
  Normal: 'Normal',
  Recovery: 'Normal, after a warning',
  None: '',
} as const;

/** `docs/reference/conditions.md`: what a status can say. */
export function conditionsPage(): Output {
  return {
    path: 'docs/reference/conditions.md',
    text: page('Conditions', notice('`operator/domain/reasons.ts`'), [
      table(
        ['condition', 'on', 'meaning when true'],
        CONDITIONS.map((row) => [`\`${row[0]}\``, row[1], row[2]]),
      ),
      '## Reasons',
      table(
        ['reason', 'meaning', 'event'],
        Object.entries(REASONS).map(([reason, { meaning, event }]) => [
          `\`${reason}\``,
          meaning,
          EVENTS[event],
        ]),
      ),
      'A status that cannot be written, as where an older definition lacks a field or the operator may not patch it, stays as it is. The operator tries again every few seconds, and until it succeeds `kt doctor` says so with the code `StatusNotWritten`.',
    ]),
  };
}
