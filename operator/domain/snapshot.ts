import type { GovernanceGatewaySpec } from '../../crds/types/governancegateway.ts';
import type { GovernancePolicySpec } from '../../crds/types/governancepolicy.ts';
import type { ProviderTargetSpec } from '../../crds/types/providertarget.ts';

/** API group and version of our kinds. */
export const API_VERSION = 'governance.keeptrusts.com/v1alpha1';

export const KINDS = {
  policy: 'GovernancePolicy',
  target: 'ProviderTarget',
  gateway: 'GovernanceGateway',
} as const;

/** An object of ours as deciding sees it: no times, no versions of storage. */
export interface Resource<Spec> {
  namespace: string;
  name: string;
  uid: string;
  generation: number;
  spec: Spec;
}

export type Policy = Resource<GovernancePolicySpec>;
export type Target = Resource<ProviderTargetSpec>;
export type Gateway = Resource<GovernanceGatewaySpec>;

/** A specification that was valid when it was last seen. It stays in force while the object is invalid. */
export interface AcceptedSpec {
  kind: typeof KINDS.policy | typeof KINDS.target;
  namespace: string;
  name: string;
  uid: string;
  generation: number;
  spec: unknown;
}

/** Everything that one gateway's configuration is decided from. Gathering it reads caches only. */
export interface Snapshot {
  namespace: string;
  /** Name of the gateway, such as `default`. */
  gateway: string;
  /** Null for the implicit gateway. */
  gatewayObject: Gateway | null;
  /** Every policy and target of the namespace, in any order. */
  policies: readonly Policy[];
  targets: readonly Target[];
  /** From the ConfigMaps of every gateway of the namespace, so that a gateway made later gets them too. */
  accepted: readonly AcceptedSpec[];
  /** The newest revision that the gateway was given: its ConfigMap's, or a later one. */
  previous: { number: number; hash: string } | null;
  /** Where gateways report to; null where there is nothing to report to. */
  controlPlane: { url: string } | null;
}

export interface ObjectName {
  kind: string;
  namespace: string;
  name: string;
}

/** What deciding found out about one object. */
export interface Finding {
  object: ObjectName;
  reason: 'Invalid' | 'Conflicted' | 'RefNotFound' | 'AcceptedWithWarnings';
  /** What is wrong, where, and what to do. */
  message: string;
}
