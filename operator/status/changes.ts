import { REASONS, type Reason } from '../domain/reasons.ts';
import type { ObjectEvent } from '../runtime/events.ts';
import type { Condition } from './conditions.ts';

/** What people are told of the change from one list of conditions to the next: one event a reason, none of `Ready`. */
export function changes(
  previous: readonly Condition[] | undefined,
  next: readonly Condition[] | undefined,
): ObjectEvent[] {
  const events = (next ?? [])
    .filter(({ type }) => type !== 'Ready')
    .flatMap((condition) =>
      told(
        previous?.find(({ type }) => type === condition.type),
        condition,
      ),
    );
  // The first condition with a reason says what is wrong, later ones what follows from it.
  return events.filter(({ reason }, index) => events.findIndex((other) => other.reason === reason) === index);
}

function told(before: Condition | undefined, after: Condition): ObjectEvent[] {
  // Another message alone is no change: it may count, and would be told at each step.
  if (before?.status === after.status && before.reason === after.reason) return [];
  const { reason, message } = after;
  const telling = tellingOf(reason);
  if (telling === 'Warning') return [{ type: 'Warning', reason, message }];
  const recovered = telling === 'Recovery' && tellingOf(before?.reason) === 'Warning';
  return telling === 'Normal' || recovered ? [{ type: 'Normal', reason, message }] : [];
}

function tellingOf(reason: string | undefined): (typeof REASONS)[Reason]['event'] {
  // A status that an earlier release wrote may have reasons that are gone.
  return reason !== undefined && Object.hasOwn(REASONS, reason) ? REASONS[reason as Reason].event : 'None';
}
