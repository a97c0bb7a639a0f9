import type { GovernancePolicySpec } from '../../../crds/types/governancepolicy.ts';
import type { ProviderTargetSpec } from '../../../crds/types/providertarget.ts';
import type { Policy, Snapshot, Target } from '../../../operator/domain/snapshot.ts';

/** Objects for tests; the uid follows from kind and name. */
export function policy(name: string, spec: Partial<GovernancePolicySpec>, generation = 1): Policy {
  return { namespace: 'team-a', name, uid: `policy-${name}`, generation, spec: { mode: 'Enforce', ...spec } };
}

export function target(name: string, spec: Partial<ProviderTargetSpec> = {}, generation = 1): Target {
  return {
    namespace: 'team-a',
    name,
    uid: `target-${name}`,
    generation,
    spec: { provider: 'mock', transport: 'Tls', rejectsStreamOptions: false, ...spec },
  };
}

export function snapshot(over: Partial<Snapshot>): Snapshot {
  return {
    namespace: 'team-a',
    gateway: 'default',
    gatewayObject: null,
    policies: [],
    targets: [],
    accepted: [],
    previous: null,
    controlPlane: null,
    ...over,
  };
}
