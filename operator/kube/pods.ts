import { isRecord } from '../runtime/json.ts';

const IMAGE = 'its image cannot be had';

/** Why the container of a pod does not run, in words that stay the same while a kubelet tries again. */
const OBSTACLES: Readonly<Record<string, string>> = {
  ErrImagePull: IMAGE,
  ImagePullBackOff: IMAGE,
  ErrImageNeverPull: IMAGE,
  InvalidImageName: IMAGE,
  CrashLoopBackOff: 'its container ends again and again',
  CreateContainerConfigError: 'its container cannot be made',
  CreateContainerError: 'its container cannot be made',
};

/**
 * What is kept of a pod: who it is, and whether it serves, or why it cannot. Its specification is by far the larger part, and a status
 * that holds times and addresses changes far more often than what is asked of it.
 */
export function podSummary(raw: Record<string, unknown>): Record<string, unknown> {
  const { spec: _, status, ...pod } = raw;
  const { phase, conditions, containerStatuses } = isRecord(status) ? status : {};
  const ready = records(conditions).some((one) => one['type'] === 'Ready' && one['status'] === 'True');
  const obstacle = records(conditions).some(isUnschedulable)
    ? 'no node has room for it'
    : records(containerStatuses).flatMap((one) => OBSTACLES[waitsFor(one)] ?? [])[0];
  return { ...pod, status: { phase, ready, ...(obstacle === undefined ? {} : { obstacle }) } };
}

function isUnschedulable({ type, status, reason }: Record<string, unknown>): boolean {
  return type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable';
}

function waitsFor({ state }: Record<string, unknown>): string {
  const waiting = isRecord(state) ? state['waiting'] : undefined;
  return isRecord(waiting) ? String(waiting['reason']) : '';
}

function records(list: unknown): Record<string, unknown>[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
