import type { RenderInput } from './input.ts';
import { CONFIG_KEYS, MOUNTS, PORTS, TOKEN_FILE } from './names.ts';

/**
 * Seconds for which a pod that is to end goes on accepting, unready: those who send to it hear of its end later than it
 * does. On one node the rules of a Service follow within a second; ingress controllers and load balancers take longer.
 */
export const DRAIN_DELAY_SECONDS = 5;

/** The gateway learns every path and every address from these alone. */
export function gatewayArguments(input: RenderInput): string[] {
  return [
    `--config=${MOUNTS.config}/${CONFIG_KEYS.document}`,
    `--listen=0.0.0.0:${PORTS.traffic}`,
    `--admin-listen=0.0.0.0:${PORTS.admin}`,
    `--state-dir=${MOUNTS.state}`,
    `--spool-max-bytes=${input.shape.evidence.spoolMaxBytes}`,
    `--spool-max-days=${input.shape.evidence.spoolMaxDays}`,
    `--drain-delay-seconds=${DRAIN_DELAY_SECONDS}`,
    `--drain-seconds=${input.shape.drainGraceSeconds}`,
    // The spool ends with the pod.
    `--ship-seconds=${input.shape.drainGraceSeconds}`,
    ...(input.credentials.length === 0 ? [] : [`--secrets-dir=${MOUNTS.secrets}`]),
    ...(input.reports
      ? [`--control-plane-token-file=${MOUNTS.token}/${TOKEN_FILE}`, '--control-plane-keys']
      : []),
    `--namespace=${input.namespace}`,
    `--name=${input.gateway}`,
    '--instance=$(POD_NAME)',
  ];
}
