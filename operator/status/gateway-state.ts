import type { GatewayState } from '../../crds/types/governancepolicy.ts';
import type { InstanceReport } from '../domain/instance-reports.ts';
import type { Reason } from '../domain/reasons.ts';
import type { Condition, Wanted } from './conditions.ts';

/** Revisions that hold an object as it stands: the number of the first, and the hashes of those that are remembered. */
export interface Holding {
  since: number;
  hashes: readonly string[];
}

/** What is known of one gateway when status is written. */
export interface LiveGateway {
  name: string;
  /** Revision that was compiled last; null before the first. */
  revision: { number: number; hash: string } | null;
  /** The revisions that are as good as the last for the object whose status is written; null when none is. */
  holding: Holding | null;
  /** Why the gateway could not be brought up to date; null when it was. */
  failure: { reason: Reason; message: string } | null;
  deployment: { replicas: number; ready: number; failure: string | null } | null;
  /** Why not every instance is as the Deployment now says; null where each is. */
  behind: string | null;
  reports: readonly Pick<
    InstanceReport,
    'instance' | 'ready' | 'unready' | 'revision' | 'rejected' | 'targets'
  >[];
  /** Names of the pods that are sent traffic, each of which is an instance; null where there are no pods. */
  readyPods: readonly string[] | null;
  /** Why one of the pods cannot run; null where there is nothing, or nothing is known. */
  obstacle: string | null;
  /** False while instances may not have had the time to report. */
  listening: boolean;
}

/** Failures that leave what runs as it is: only what is new is not enforced. */
const NOT_TAKEN: ReadonlySet<Reason> = new Set(['ConfigTooLarge', 'ConfigRefused']);

/** `Programmed`; `unsure` where only silence speaks against what was said before. */
export type Programmed = Wanted & { unsure?: true };

/** Whether every ready instance enforces what is asked about. Only their own reports count. */
export function programmed(gateway: LiveGateway): Programmed {
  const wanted = (status: Wanted['status'], reason: Wanted['reason'], message: string): Wanted => ({
    type: 'Programmed',
    status,
    reason,
    message: `gateway ${gateway.name}${message}`,
  });
  const { revision, holding, failure, deployment, reports, readyPods } = gateway;
  if (failure !== null && !NOT_TAKEN.has(failure.reason)) {
    return wanted('False', failure.reason, `: ${failure.message}`);
  }
  const ready = reports.filter((report) => report.ready);
  const current = ready.filter(({ revision }) => holding?.hashes.includes(revision?.hash ?? '') === true);
  const served = readyPods?.length ?? deployment?.ready ?? 0;
  const expected = Math.max(served, ready.length, 1);
  // One that is sent traffic and has said nothing counts as much as one that says otherwise.
  const everyPod = readyPods?.every((name) => current.some(({ instance }) => instance === name)) ?? true;
  if (served > 0 && everyPod && current.length >= expected) {
    return wanted('True', 'Programmed', ': every ready instance runs it');
  }
  if (failure !== null) return wanted('False', failure.reason, `: ${failure.message}`);
  if (revision === null || deployment === null)
    return wanted('Unknown', 'GatewayPending', ' is being created');
  const refused = reports.find((report) => report.rejected?.hash === revision.hash);
  if (refused !== undefined) {
    const problem = refused.rejected?.problems[0];
    const why = problem === undefined ? '' : `: ${problem.code} ${problem.path}: ${problem.message}`;
    return wanted(
      'False',
      'GatewayFailed',
      `: ${refused.instance} refused revision ${revision.number}${why}`,
    );
  }
  if (deployment.failure !== null) return wanted('False', 'GatewayFailed', `: ${deployment.failure}`);
  const pending = wanted(
    'False',
    'GatewayPending',
    served === 0
      ? `: no instance is ready yet${whyUnready(gateway)}`
      : `: ${current.length} of ${expected} ready instances run revision ${holding?.since ?? revision.number}${silenceOf(gateway)}`,
  );
  const silent = deployment.ready > 0 && current.length === ready.length;
  return silent && !gateway.listening ? { ...pending, unsure: true } : pending;
}

/** Why one of the instances is not ready: as its node says, or as it says itself; nothing where neither does. */
export function whyUnready({ obstacle, reports }: Pick<LiveGateway, 'obstacle' | 'reports'>): string {
  if (obstacle !== null) return `; ${obstacle}`;
  const told = reports.find(({ ready, unready }) => !ready && unready !== undefined);
  return told === undefined ? '' : `; ${told.instance}: ${told.unready}`;
}

/** How many instances are sent traffic and do not report; a number, since names would change with each that does. */
function silenceOf({ readyPods, reports, listening }: LiveGateway): string {
  if (!listening || readyPods === null) return '';
  const silent = readyPods.filter((name) => !reports.some(({ instance }) => instance === name)).length;
  return silent === 0 ? '' : `; ${silent} of them ${silent === 1 ? 'does' : 'do'} not report`;
}

/** At most this many gateways are listed in a status. */
const MAX_GATEWAYS = 16;

/** What a status said before. */
export interface Said {
  observedGeneration?: number;
  acceptedGeneration?: number;
  conditions?: Condition[];
  gateways?: GatewayState[];
}

/** `accepted`: the generation that is in force. */
export function gatewayStates(
  gateways: readonly LiveGateway[],
  previous: Said | undefined,
  accepted: number,
): GatewayState[] {
  return gateways.slice(0, MAX_GATEWAYS).map((gateway) => {
    const before = previous?.gateways?.find(({ name }) => name === gateway.name);
    const { status, unsure } = programmed(gateway);
    const since = gateway.holding?.since;
    // An operator that just started knows of the newest revision only.
    const earlier = previous?.acceptedGeneration === accepted ? before?.revision : undefined;
    return {
      name: gateway.name,
      ...(since === undefined ? {} : { revision: Math.min(since, earlier ?? since) }),
      programmed: (unsure === true ? before?.programmed : undefined) ?? status,
    };
  });
}

/** `Programmed` over several gateways: the first that is not gives the reason. */
export function programmedAll(
  gateways: readonly LiveGateway[],
  none: Wanted,
  previous: Said | undefined,
  generation: number,
): Wanted {
  const each = gateways.map(programmed);
  const first = each.find(({ status, unsure }) => status !== 'True' && unsure !== true);
  return (
    first ??
    sure(
      each.find(({ unsure }) => unsure),
      previous,
      generation,
    ) ??
    each[0] ??
    none
  );
}

/** What was said of this generation goes on being said where nothing but silence speaks against it. */
export function sure(
  condition: Programmed | undefined,
  previous: Said | undefined,
  generation: number,
): Wanted | undefined {
  if (condition?.unsure !== true) return condition;
  const before = previous?.conditions?.find(({ type }) => type === condition.type);
  if (before?.observedGeneration !== generation) return condition;
  const { type, status, reason, message } = before;
  return { type, status, reason: reason as Reason, message };
}
