import type { ResourceProblem } from '../api/problems.ts';
import type { CacheHealth } from '../kube/objects.ts';

/** What of the cluster cannot be followed at present, for people who wonder why a change does nothing. */
export function cacheProblems(health: readonly CacheHealth[]): ResourceProblem[] {
  return health.flatMap(({ kind, namespace, synced, lastEventAge, error }) => {
    if (error === null) return [];
    const which = namespace === undefined ? kind : `${kind} of ${namespace}`;
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
