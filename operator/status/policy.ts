import type { GovernancePolicyStatus } from '../../crds/types/governancepolicy.ts';
import type { Finding, Policy } from '../domain/snapshot.ts';
import { conditions, type Wanted, withReady } from './conditions.ts';
import { gatewayStates, type LiveGateway, programmedAll } from './gateway-state.ts';

export interface PolicyStatusInput {
  policy: Pick<Policy, 'generation'>;
  previous: GovernancePolicyStatus | undefined;
  /** Generation in force; null for a policy that was never accepted. */
  accepted: number | null;
  findings: readonly Finding[];
  /** Fields that another policy overruled, each with whose word holds. */
  overruled: readonly string[];
  /** Gateways that the policy governs and that exist. */
  gateways: readonly LiveGateway[];
  now: string;
}

export function policyStatus(input: PolicyStatusInput): GovernancePolicyStatus {
  const { policy, accepted, findings, gateways, now, previous } = input;
  const invalid = findings.filter((finding) => finding.reason === 'Invalid');
  const unresolved = findings.filter((finding) => finding.reason === 'RefNotFound');
  const others: Wanted[] = [
    acceptedCondition(invalid, accepted),
    unresolved.length === 0
      ? { type: 'ResolvedRefs', status: 'True', reason: 'Resolved', message: '' }
      : { type: 'ResolvedRefs', status: 'False', reason: 'RefNotFound', message: joined(unresolved) },
    programmedAll(gateways, {
      type: 'Programmed',
      status: 'False',
      reason: 'NoGateway',
      message: 'no gateway exists that this policy governs; a namespace needs a ProviderTarget as well',
    }),
  ];
  const overridden: Wanted = {
    type: 'Overridden',
    status: input.overruled.length === 0 ? 'False' : 'True',
    reason: input.overruled.length === 0 ? 'NotOverridden' : 'PartiallyOverridden',
    message: input.overruled.join('; '),
  };
  const wanted = [...withReady(others, 'every instance enforces the policy'), overridden];
  return {
    observedGeneration: policy.generation,
    ...(accepted === null ? {} : { acceptedGeneration: accepted }),
    conditions: conditions(wanted, previous?.conditions, policy.generation, now),
    gateways: gatewayStates(gateways),
  };
}

export function acceptedCondition(invalid: readonly Finding[], accepted: number | null): Wanted {
  if (invalid.length === 0) return { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' };
  const effect = accepted === null ? 'the object has no effect' : `generation ${accepted} stays in force`;
  return { type: 'Accepted', status: 'False', reason: 'Invalid', message: `${joined(invalid)}; ${effect}` };
}

export function joined(findings: readonly Finding[]): string {
  return [...new Set(findings.map((finding) => finding.message))].join('; ');
}
