import type { SourceLevel } from '../../gateway/contract/document.ts';
import type { Policy } from './snapshot.ts';

/** Name of the gateway that a namespace has while it declares none. */
export const IMPLICIT_GATEWAY = 'default';

/**
 * The gateways of a namespace: those that are declared, or else the implicit one as soon as there is a policy and
 * a target. Sorted by name.
 */
export function gatewaysOf(declared: readonly string[], policies: number, targets: number): string[] {
  if (declared.length > 0) return [...declared].sort();
  return policies > 0 && targets > 0 ? [IMPLICIT_GATEWAY] : [];
}

/** Whether a policy governs a gateway of its namespace. */
export function governs(policy: Pick<Policy, 'spec'>, gateway: string): boolean {
  return policy.spec.gateways === undefined || policy.spec.gateways.includes(gateway);
}

/** A policy that names its gateways is more specific, and so stronger, than one for the whole namespace. */
export function levelOf(policy: Pick<Policy, 'spec'>): SourceLevel {
  return policy.spec.gateways === undefined ? 'namespace' : 'gateway';
}
