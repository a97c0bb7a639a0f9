import type { InstanceReports } from '../domain/instance-reports.ts';
import { childName } from '../render/names.ts';
import type { ObjectCache } from '../runtime/objects.ts';
import type { LiveGateway } from '../status/gateway-state.ts';
import type { Outcomes } from './outcomes.ts';

interface DeploymentStatus {
  observedGeneration?: number;
  replicas?: number;
  readyReplicas?: number;
  conditions?: { type: string; status: string; message?: string }[];
}

/** What is known of a gateway now: the last outcome, its Deployment and what its instances report. */
export function liveGateway(
  parts: { cache: ObjectCache; outcomes: Outcomes; reports: Pick<InstanceReports, 'list'> },
  namespace: string,
  name: string,
): LiveGateway {
  const outcome = parts.outcomes.get(namespace, name);
  const deployment = parts.cache.get({ kind: 'Deployment', namespace, name: childName(name) });
  const status = deployment?.status as DeploymentStatus | undefined;
  const progressing = status?.conditions?.find((condition) => condition.type === 'Progressing');
  return {
    name,
    revision: outcome?.decision.revision ?? null,
    failure: outcome?.failure ?? null,
    deployment:
      deployment === undefined
        ? null
        : {
            replicas: status?.replicas ?? 0,
            ready: status?.readyReplicas ?? 0,
            failure: progressing?.status === 'False' ? (progressing.message ?? 'it makes no progress') : null,
          },
    reports: parts.reports.list(namespace, name),
  };
}
