import type { InstanceReports } from '../domain/instance-reports.ts';
import { childName } from '../render/names.ts';
import type { KubeObject, ObjectCache } from '../runtime/objects.ts';
import type { LiveGateway } from '../status/gateway-state.ts';
import type { Outcomes } from './outcomes.ts';
import { type GatewayPod, podsOf } from './pods.ts';

interface DeploymentStatus {
  observedGeneration?: number;
  replicas?: number;
  readyReplicas?: number;
  updatedReplicas?: number;
  conditions?: { type: string; status: string; message?: string }[];
}

/**
 * What is known of a gateway now: the last outcome, its Deployment and what its instances report. With a uid, as the
 * object that has it is concerned.
 */
export function liveGateway(
  parts: { cache: ObjectCache; outcomes: Outcomes; reports: Pick<InstanceReports, 'list' | 'complete'> },
  namespace: string,
  name: string,
  uid?: string,
): LiveGateway {
  const outcome = parts.outcomes.get(namespace, name);
  const deployment = parts.cache.get({ kind: 'Deployment', namespace, name: childName(name) });
  const pods = podsOf(parts.cache, namespace, name);
  const reports = parts.reports.list(namespace, name);
  const status = deployment?.status as DeploymentStatus | undefined;
  const revision = outcome?.decision.revision ?? null;
  const whole = revision === null ? null : { since: revision.number, hashes: [revision.hash] };
  return {
    name,
    revision,
    holding: uid === undefined ? whole : parts.outcomes.holding(namespace, name, uid),
    failure: outcome?.failure ?? null,
    deployment:
      deployment === undefined
        ? null
        : {
            replicas: status?.replicas ?? 0,
            ready: status?.readyReplicas ?? 0,
            failure: failureOf(status),
          },
    behind: deployment === undefined ? null : behindOf(deployment),
    // A pod that was killed has no last word, and what it said before is kept for a while.
    reports:
      pods.length === 0
        ? reports
        : reports.filter(({ instance }) => pods.some(({ name }) => name === instance)),
    readyPods: pods.length === 0 ? null : pods.filter(({ ready }) => ready).map(({ name }) => name),
    obstacle: obstacleOf(pods),
    listening: parts.reports.complete(),
  };
}

/** What keeps a pod that there is from running; null where none is kept. */
function obstacleOf(pods: readonly GatewayPod[]): string | null {
  const stuck = pods.find(({ obstacle }) => obstacle !== null);
  return stuck === undefined ? null : `pod ${stuck.name}: ${stuck.obstacle}`;
}

/** Why not every pod is as the Deployment now says; null where each is, or nobody has looked at it yet. */
function behindOf({ metadata, spec, status }: KubeObject): string | null {
  const { observedGeneration, updatedReplicas = 0 } = (status ?? {}) as DeploymentStatus;
  if (observedGeneration === undefined) return null;
  const { replicas = 1 } = spec as { replicas?: number };
  if (observedGeneration < metadata.generation) return 'its Deployment was changed just now';
  if (updatedReplicas >= replicas) return null;
  return `${updatedReplicas} of ${replicas} instances are as its Deployment now says`;
}

/** What keeps pods from being made, or from becoming ready in time. */
function failureOf(status: DeploymentStatus | undefined): string | null {
  const find = (type: string, value: string) =>
    status?.conditions?.find((condition) => condition.type === type && condition.status === value);
  const failed = find('ReplicaFailure', 'True') ?? find('Progressing', 'False');
  return failed === undefined ? null : (failed.message ?? 'it makes no progress');
}
