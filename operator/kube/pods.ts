import { isRecord } from '../runtime/json.ts';

/**
 * What is kept of a pod: who it is, and whether it serves. Its specification is by far the larger part, and a status
 * that holds times and addresses changes far more often than what is asked of it.
 */
export function podSummary(raw: Record<string, unknown>): Record<string, unknown> {
  const { spec: _, status, ...pod } = raw;
  const { phase, conditions } = isRecord(status) ? status : {};
  const ready =
    Array.isArray(conditions) &&
    conditions.some((one) => isRecord(one) && one['type'] === 'Ready' && one['status'] === 'True');
  return { ...pod, status: { phase, ready } };
}
