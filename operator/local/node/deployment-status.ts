import { type Clock, timestamp } from '../../runtime/clock.ts';
import type { KubeObject } from '../../runtime/objects.ts';
import type { DeploymentSpec } from './pod-template.ts';

interface Condition {
  type: string;
  status: 'True' | 'False';
  reason: string;
  message: string;
  lastTransitionTime: string;
}

interface ReplicaState {
  readonly ready: boolean;
  readonly failure: string | null;
}

/** The status of a Deployment as its controller would write it, from what runs here. */
export function deploymentStatus(
  deployment: KubeObject,
  replicas: readonly ReplicaState[],
  problem: string | null,
  clock: Pick<Clock, 'now'>,
): object {
  const wanted = (deployment.spec as DeploymentSpec).replicas ?? 1;
  const ready = replicas.filter((replica) => replica.ready).length;
  const failure = problem ?? replicas.find((replica) => replica.failure !== null)?.failure ?? null;
  const complete = ready >= wanted;
  const conditions: Omit<Condition, 'lastTransitionTime'>[] = [
    {
      type: 'Available',
      status: complete ? 'True' : 'False',
      reason: complete ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: failure ?? `${ready} of ${wanted} replicas are ready`,
    },
    {
      type: 'Progressing',
      status: failure === null ? 'True' : 'False',
      reason:
        failure === null ? (complete ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated') : 'ReplicaFailure',
      message: failure ?? '',
    },
  ];
  const before = (deployment.status as { conditions?: Condition[] } | undefined)?.conditions ?? [];
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: replicas.length,
    updatedReplicas: replicas.length,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: Math.max(0, wanted - ready),
    conditions: conditions.map((condition) => {
      const old = before.find((other) => other.type === condition.type);
      const unchanged = old !== undefined && old.status === condition.status;
      return { ...condition, lastTransitionTime: unchanged ? old.lastTransitionTime : timestamp(clock) };
    }),
  };
}
