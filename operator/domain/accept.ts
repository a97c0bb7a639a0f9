import { newestAccepted } from './accepted.ts';
import type { Lint, Linter } from './lint.ts';
import {
  type AcceptedSpec,
  type Finding,
  KINDS,
  type Policy,
  type Resource,
  type Snapshot,
  type Target,
} from './snapshot.ts';

export interface InForce {
  policies: Policy[];
  targets: Target[];
  /** What is in force, to be kept for when an object becomes invalid. */
  accepted: AcceptedSpec[];
  findings: Finding[];
}

/**
 * Which specification of each object is in force: the present one where it lints, else the last that did. An object
 * that never linted has no effect. So one bad pattern in one object never reaches a gateway.
 */
export function acceptObjects(
  snapshot: Pick<Snapshot, 'policies' | 'targets' | 'accepted'>,
  linter: Linter,
): InForce {
  const earlier = newestAccepted(snapshot.accepted);
  const findings: Finding[] = [];
  const accepted: AcceptedSpec[] = [];

  function accept<R extends Resource<unknown>>(
    kind: AcceptedSpec['kind'],
    object: R,
    lint: (object: R) => Lint,
  ): R[] {
    const { namespace, name, uid } = object;
    const { problems, warnings } = lint(object);
    const found = (reason: Finding['reason'], message: string): void =>
      void findings.push({ object: { kind, namespace, name }, reason, message });
    let inForce = object;
    if (problems.length > 0) {
      found('Invalid', problems.join('; '));
      const last = earlier.get(uid);
      if (last === undefined) return [];
      inForce = { ...object, generation: last.generation, spec: last.spec };
      // The rules may have grown stricter since; what no longer lints would be refused by every gateway.
      if (lint(inForce).problems.length > 0) return [];
    } else if (warnings.length > 0) {
      found('AcceptedWithWarnings', warnings.join('; '));
    }
    accepted.push({ kind, namespace, name, uid, generation: inForce.generation, spec: inForce.spec });
    return [inForce];
  }

  const policies = sorted(snapshot.policies).flatMap((policy) => accept(KINDS.policy, policy, linter.policy));
  const targets = sorted(snapshot.targets).flatMap((target) => accept(KINDS.target, target, linter.target));
  return { policies, targets, accepted, findings };
}

function sorted<R extends Resource<unknown>>(objects: readonly R[]): R[] {
  const key = (object: R): string => `${object.namespace}/${object.name}`;
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
