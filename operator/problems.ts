import type { ResourceProblem } from './api/problems.ts';
import { gatewayNames, targetsOf } from './controllers/gather.ts';
import { liveGateway } from './controllers/live.ts';
import type { Outcomes } from './controllers/outcomes.ts';
import type { UnwrittenStatuses } from './controllers/unwritten.ts';
import type { InstanceReports } from './domain/instance-reports.ts';
import { KINDS } from './domain/snapshot.ts';
import type { ObjectCache } from './runtime/objects.ts';
import { unavailability } from './status/unavailable.ts';

interface Known {
  cache: ObjectCache;
  outcomes: Outcomes;
  reports: Pick<InstanceReports, 'list' | 'complete'>;
}

export function namespacesOf(cache: ObjectCache): string[] {
  const objects = Object.values(KINDS).flatMap((kind) => cache.list(kind));
  return [...new Set(objects.map((object) => object.metadata.namespace))];
}

/** What judging, deciding and applying found out about the objects of a namespace. */
export function findingsOf({ cache, outcomes }: Known, namespace: string): ResourceProblem[] {
  const names = gatewayNames(cache, namespace);
  const known = names.flatMap((gateway) => outcomes.get(namespace, gateway) ?? []);
  const alone = names.length === 0 ? outcomes.ungoverned(namespace) : undefined;
  const judgements = alone === undefined ? known.map(({ decision }) => decision) : [alone];
  const problems = [
    ...judgements
      .flatMap(({ findings }) => findings)
      .map(({ object: { kind, name }, reason, message }) => {
        const severity = reason === 'AcceptedWithWarnings' ? 'warning' : 'error';
        return problem(severity, `${kind} ${namespace}/${name}`, reason, message);
      }),
    ...known.flatMap(({ gateway, failure }) => {
      return failure === null
        ? []
        : [problem('error', `Gateway ${namespace}/${gateway}`, failure.reason, failure.message)];
    }),
  ];
  // Several gateways of a namespace find the same about one object.
  return [...new Map(problems.map((one) => [JSON.stringify(one), one])).values()];
}

/** Targets that the running gateways of a namespace cannot use. */
export function unusable(known: Known, namespace: string): ResourceProblem[] {
  const gateways = gatewayNames(known.cache, namespace).map((name) => liveGateway(known, namespace, name));
  return targetsOf(known.cache, namespace).flatMap((target) => {
    const found = unavailability(target, gateways);
    const object = `${KINDS.target} ${namespace}/${target.name}`;
    return found === null ? [] : [problem('error', object, found.reason, found.message)];
  });
}

/** Objects whose status says what was, since it cannot be written. */
export function unwrittenProblems(unwritten: UnwrittenStatuses): ResourceProblem[] {
  return unwritten.list().map(({ key, reason, message }) => {
    const [kind, namespace, name] = key.split('/');
    const remedy = reason === 'Invalid' ? '; apply the definitions of this release' : '';
    const told = `its status may be old, since it could not be written (${reason}): ${message}${remedy}`;
    return problem('error', `${kind} ${namespace}/${name}`, 'StatusNotWritten', told);
  });
}

/** What the statuses say that whoever acts has written: all that one who does not act can know. */
export function statedProblems(cache: ObjectCache): ResourceProblem[] {
  return Object.values(KINDS)
    .flatMap((kind) => cache.list(kind))
    .flatMap(({ kind, metadata: { namespace, name }, status }) => {
      const { conditions = [] } = (status ?? {}) as { conditions?: Stated[] };
      const ready = conditions.find(({ type }) => type === 'Ready');
      // A wait is no problem, and whoever acts does not list it either.
      if (ready?.status !== 'False' || ready.reason === 'GatewayPending') return [];
      return [problem('error', `${kind} ${namespace}/${name}`, ready.reason, ready.message)];
    });
}

interface Stated {
  type: string;
  status: string;
  reason: string;
  message: string;
}

function problem(
  severity: ResourceProblem['severity'],
  object: string,
  code: string,
  message: string,
): ResourceProblem {
  return { severity, file: null, line: null, column: null, object, code, message };
}
