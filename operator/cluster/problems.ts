import type { ResourceProblem } from '../api/problems.ts';
import type { CacheHealth } from '../kube/objects.ts';

/** What of the cluster cannot be followed at present, for people who wonder why a change does nothing. */
export function cacheProblems(health: readonly CacheHealth[]): ResourceProblem[] {
  return health.flatMap(({ kind, namespace, synced, lastEventAge, error }) => {
    if (error === null) return [];
    const which = nameOf(kind, namespace);
    const known = synced ? `is ${Math.round(lastEventAge)} s old` : 'is nothing yet';
    const message = `what is known of ${which} ${known}: ${error}`;
    return [
      {
        severity: 'error',
        file: null,
        line: null,
        column: null,
        object: null,
        code: 'not_followed',
        message,
      },
    ];
  });
}

/** What was never listed, with the reason of each, or null. */
export function unfilled(health: readonly CacheHealth[]): string | null {
  const reasons = Map.groupBy(
    health.filter(({ synced }) => !synced),
    ({ error }) => error ?? 'there was no answer yet',
  );
  if (reasons.size === 0) return null;
  return [...reasons]
    .map(([reason, caches]) => {
      const names = caches.map(({ kind, namespace }) => nameOf(kind, namespace));
      return `nothing is known of ${names.join(', ')}: ${reason}`;
    })
    .join('; ');
}

const nameOf = (kind: string, namespace: string | undefined): string =>
  namespace === undefined ? kind : `${kind} of ${namespace}`;
