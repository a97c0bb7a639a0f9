import type { GovernancePolicyStatus } from '../../crds/types/governancepolicy.ts';
import type { Finding, Policy } from '../domain/snapshot.ts';
import { conditions, type Wanted, withReady } from './conditions.ts';
import { gatewayStates, type LiveGateway, programmedAll } from './gateway-state.ts';

export interface PolicyStatusInput {
  policy: Pick<Policy, 'namespace' | 'generation' | 'spec'>;
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
  const others: Wanted[] = [
    acceptedCondition(findings, accepted),
    resolved(input),
    accepted === null ? NO_EFFECT : programmedAll(gateways, noGateway(policy), previous, policy.generation),
  ];
  const wanted = [...withReady(others, 'every instance runs the policy'), overridden(input)];
  return {
    observedGeneration: policy.generation,
    ...(accepted === null ? {} : { acceptedGeneration: accepted }),
    conditions: conditions(wanted, previous?.conditions, policy.generation, now),
    gateways: accepted === null ? [] : gatewayStates(gateways, previous, accepted),
  };
}

function resolved({ policy, findings, gateways }: PolicyStatusInput): Wanted {
  const existing = new Set(gateways.map(({ name }) => name));
  const absent = (policy.spec.gateways ?? []).filter((name) => !existing.has(name));
  const messages = [
    ...findings.filter(({ reason }) => reason === 'RefNotFound').map(({ message }) => message),
    ...absent.map((name) => `spec.gateways: there is no gateway ${name} in namespace ${policy.namespace}`),
  ];
  const type = 'ResolvedRefs';
  if (messages.length === 0) return { type, status: 'True', reason: 'Resolved', message: '' };
  return { type, status: 'False', reason: 'RefNotFound', message: unique(messages) };
}

function noGateway({ spec }: PolicyStatusInput['policy']): Wanted {
  const why = spec.gateways === undefined ? '; a namespace needs a ProviderTarget as well' : '';
  const message = `no gateway exists that this policy governs${why}`;
  return { type: 'Programmed', status: 'False', reason: 'NoGateway', message };
}

/** `Programmed` of an object that was never accepted: gateways run, but not with it. */
export const NO_EFFECT: Wanted = {
  type: 'Programmed',
  status: 'False',
  reason: 'Invalid',
  message: 'the object was never valid, so no gateway runs it',
};

/** That others say otherwise is no failure, so it has no part in `Ready`. */
function overridden({ findings, overruled }: PolicyStatusInput): Wanted {
  const conflicts = findings.filter((finding) => finding.reason === 'Conflicted');
  const messages = [...conflicts.map((finding) => finding.message), ...overruled];
  if (messages.length === 0) {
    return { type: 'Overridden', status: 'False', reason: 'NotOverridden', message: '' };
  }
  const reason = conflicts.length > 0 ? 'Conflicted' : 'PartiallyOverridden';
  return { type: 'Overridden', status: 'True', reason, message: unique(messages) };
}

/** `Accepted`, with what is wrong or else with the warnings. */
export function acceptedCondition(findings: readonly Finding[], accepted: number | null): Wanted {
  const invalid = findings.filter(({ reason }) => reason === 'Invalid');
  if (invalid.length === 0) return acceptedWith(findings);
  const effect = accepted === null ? 'the object has no effect' : `generation ${accepted} stays in force`;
  return { type: 'Accepted', status: 'False', reason: 'Invalid', message: `${joined(invalid)}; ${effect}` };
}

export function acceptedWith(findings: readonly Finding[]): Wanted {
  const warnings = findings.filter(({ reason }) => reason === 'AcceptedWithWarnings');
  const reason = warnings.length === 0 ? 'Accepted' : 'AcceptedWithWarnings';
  return { type: 'Accepted', status: 'True', reason, message: joined(warnings) };
}

function joined(findings: readonly Finding[]): string {
  return unique(findings.map((finding) => finding.message));
}

function unique(messages: readonly string[]): string {
  return [...new Set(messages)].join('; ');
}
