import { newestAccepted } from './accepted.ts';
import { lintEntry, lintTarget } from './contract.ts';
import { entriesOf } from './entries.ts';
import {
  type AcceptedSpec,
  type Finding,
  KINDS,
  type Policy,
  type Resource,
  type Snapshot,
  type Target,
} from './snapshot.ts';
import { targetToDocument } from './targets.ts';

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
export function acceptObjects(snapshot: Pick<Snapshot, 'policies' | 'targets' | 'accepted'>): InForce {
  const earlier = newestAccepted(snapshot.accepted);
  const findings: Finding[] = [];
  const accepted: AcceptedSpec[] = [];

  function accept<R extends Resource<unknown>>(
    kind: AcceptedSpec['kind'],
    object: R,
    lint: (object: R) => string[],
  ): R[] {
    const { namespace, name, uid } = object;
    const problems = attempt(() => lint(object));
    let inForce = object;
    if (problems.length > 0) {
      const message = problems.join('; ');
      findings.push({ object: { kind, namespace, name }, reason: 'Invalid', message });
      const last = earlier.get(uid);
      if (last === undefined) return [];
      inForce = { ...object, generation: last.generation, spec: last.spec };
      // The rules may have grown stricter since; what no longer lints would be refused by every gateway.
      if (attempt(() => lint(inForce)).length > 0) return [];
    }
    accepted.push({ kind, namespace, name, uid, generation: inForce.generation, spec: inForce.spec });
    return [inForce];
  }

  const policies = sorted(snapshot.policies).flatMap((policy) => accept(KINDS.policy, policy, lintPolicy));
  const targets = sorted(snapshot.targets).flatMap((target) =>
    accept(KINDS.target, target, (object) => lintTarget(targetToDocument(object))),
  );
  return { policies, targets, accepted, findings };
}

function lintPolicy(policy: Policy): string[] {
  return entriesOf(policy).flatMap((entry, index) =>
    lintEntry(entry).map((problem) => `spec.entries[${index}] (${entry.kind}): ${problem}`),
  );
}

/** A specification that its own schema refuses (it was stored by an older version) is invalid too. */
function attempt(lint: () => string[]): string[] {
  try {
    return lint();
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function sorted<R extends Resource<unknown>>(objects: readonly R[]): R[] {
  const key = (object: R): string => `${object.namespace}/${object.name}`;
  return [...objects].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
