import type { Condition } from '../../crds/types/governancepolicy.ts';
import type { Reason } from '../domain/reasons.ts';

export type { Condition };

/** A condition before it is known when it last changed. */
export interface Wanted {
  type: string;
  status: Condition['status'];
  reason: Reason;
  message: string;
}

/** Limit of Kubernetes for a condition's message, in UTF-16 units; ours are ASCII for the greatest part. */
const MAX_MESSAGE = 32_000;

/**
 * The conditions to write: `lastTransitionTime` moves only where the status differs from what was written before.
 * `now` is RFC 3339.
 */
export function conditions(
  wanted: readonly Wanted[],
  previous: readonly Condition[] | undefined,
  generation: number,
  now: string,
): Condition[] {
  return wanted.map(({ type, status, reason, message }) => {
    const before = previous?.find((condition) => condition.type === type);
    return {
      type,
      status,
      reason,
      message: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)} …` : message,
      observedGeneration: generation,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
    };
  });
}

/** `Ready` sums the others up: true when all are, else the first that is not gives its reason. */
export function withReady(others: readonly Wanted[], message: string): Wanted[] {
  const failing = others.find((condition) => condition.status !== 'True');
  const ready: Wanted =
    failing === undefined
      ? { type: 'Ready', status: 'True', reason: others.at(-1)!.reason, message }
      : { ...failing, type: 'Ready' };
  return [ready, ...others];
}
