import { childName } from './names.ts';

export const MANAGED_BY = 'keeptrusts-operator';
export const GATEWAY_LABEL = 'governance.keeptrusts.com/gateway';

/** What selects a gateway's pods. Never changes for the life of a Deployment. */
export function selectorLabels(gateway: string): Record<string, string> {
  return { 'app.kubernetes.io/name': 'keeptrusts-gateway', 'app.kubernetes.io/instance': childName(gateway) };
}

/** The standard set, on every object that we make. */
export function standardLabels(gateway: string): Record<string, string> {
  return {
    ...selectorLabels(gateway),
    'app.kubernetes.io/component': 'gateway',
    'app.kubernetes.io/part-of': 'keeptrusts',
    'app.kubernetes.io/managed-by': MANAGED_BY,
    [GATEWAY_LABEL]: gateway,
  };
}
