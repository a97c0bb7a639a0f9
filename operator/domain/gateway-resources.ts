import type { GovernanceGatewaySpec } from '../../crds/types/governancegateway.ts';
import { nanosOf } from './quantity.ts';

const RESOURCES = ['cpu', 'memory'] as const;

/**
 * Why the API server would refuse pods with the resources of a gateway; empty where it takes them. The schema refuses
 * such resources too; of an object that an older schema let in, the whole Deployment would be refused.
 */
export function problemsOfResources({ resources }: Pick<GovernanceGatewaySpec, 'resources'>): string[] {
  const { requests, limits } = resources ?? {};
  return RESOURCES.flatMap((name) => {
    const [request, limit] = [requests?.[name], limits?.[name]];
    const [wanted, most] = [request, limit].map((text) => (text === undefined ? null : nanosOf(text)));
    if (wanted == null || most == null || wanted <= most) return [];
    return [`spec.resources.requests.${name}: ${request} is more than the limit, ${limit}`];
  });
}
