import type { GatewayState } from '../../crds/types/governancepolicy.ts';
import type { InstanceReport } from '../domain/instance-reports.ts';
import type { Reason } from '../domain/reasons.ts';
import type { Wanted } from './conditions.ts';

/** What is known of one gateway when status is written. */
export interface LiveGateway {
  name: string;
  /** Revision that was compiled last; null before the first. */
  revision: { number: number; hash: string } | null;
  /** Why the gateway could not be brought up to date; null when it was. */
  failure: { reason: Reason; message: string } | null;
  deployment: { replicas: number; ready: number; failure: string | null } | null;
  reports: readonly Pick<InstanceReport, 'instance' | 'ready' | 'revision' | 'rejected' | 'targets'>[];
}

/** Whether every ready instance enforces the revision that was compiled last. Only their own reports count. */
export function programmed(gateway: LiveGateway): Wanted {
  const wanted = (status: Wanted['status'], reason: Wanted['reason'], message: string): Wanted => ({
    type: 'Programmed',
    status,
    reason,
    message,
  });
  const { name, revision, deployment, reports } = gateway;
  if (gateway.failure !== null)
    return wanted('False', gateway.failure.reason, `gateway ${name}: ${gateway.failure.message}`);
  if (revision === null || deployment === null) {
    return wanted('Unknown', 'GatewayPending', `gateway ${name} is being created`);
  }
  const refused = reports.find((report) => report.rejected?.hash === revision.hash);
  if (refused !== undefined) {
    const problem = refused.rejected?.problems[0];
    const why = problem === undefined ? '' : `: ${problem.code} ${problem.path}: ${problem.message}`;
    return wanted('False', 'GatewayFailed', `${refused.instance} refused revision ${revision.number}${why}`);
  }
  if (deployment.failure !== null)
    return wanted('False', 'GatewayFailed', `gateway ${name}: ${deployment.failure}`);
  const ready = reports.filter((report) => report.ready);
  const current = ready.filter((report) => report.revision?.hash === revision.hash);
  const expected = Math.max(deployment.ready, ready.length, 1);
  if (deployment.ready > 0 && current.length >= expected) {
    return wanted(
      'True',
      'Programmed',
      `${current.length} of ${current.length} instances run revision ${revision.number}`,
    );
  }
  const message = `gateway ${name}: ${current.length} of ${expected} ready instances run revision ${revision.number}`;
  return wanted('False', 'GatewayPending', message);
}

/** At most this many gateways are listed in a status. */
const MAX_GATEWAYS = 16;

export function gatewayStates(gateways: readonly LiveGateway[]): GatewayState[] {
  return gateways.slice(0, MAX_GATEWAYS).map((gateway) => ({
    name: gateway.name,
    ...(gateway.revision === null ? {} : { revision: gateway.revision.number, hash: gateway.revision.hash }),
    programmed: programmed(gateway).status,
  }));
}

/** `Programmed` over several gateways: the first that is not gives the reason. */
export function programmedAll(gateways: readonly LiveGateway[], none: Wanted): Wanted {
  const each = gateways.map(programmed);
  return each.find((condition) => condition.status !== 'True') ?? each[0] ?? none;
}
