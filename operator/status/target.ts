import type { ProviderTargetStatus } from '../../crds/types/providertarget.ts';
import type { Finding, Target } from '../domain/snapshot.ts';
import { conditions, type Wanted, withReady } from './conditions.ts';
import { gatewayStates, type LiveGateway, programmedAll } from './gateway-state.ts';
import { acceptedCondition, NO_EFFECT } from './policy.ts';

export interface TargetStatusInput {
  target: Pick<Target, 'generation'>;
  previous: ProviderTargetStatus | undefined;
  /** Generation in force; null for a target that was never accepted. */
  accepted: number | null;
  findings: readonly Finding[];
  /** Gateways that may send to the target. */
  gateways: readonly LiveGateway[];
  now: string;
}

const UNUSED: Wanted = {
  type: 'Programmed',
  status: 'False',
  reason: 'Unused',
  message: 'no gateway uses the target; a namespace needs a GovernancePolicy as well',
};

export function targetStatus(input: TargetStatusInput): ProviderTargetStatus {
  const { target, accepted, findings, gateways, now, previous } = input;
  const invalid = findings.filter((finding) => finding.reason === 'Invalid');
  const wanted = withReady(
    [acceptedCondition(invalid, accepted), accepted === null ? NO_EFFECT : programmedAll(gateways, UNUSED)],
    'every instance may send to the target',
  );
  return {
    observedGeneration: target.generation,
    ...(accepted === null ? {} : { acceptedGeneration: accepted }),
    conditions: conditions(wanted, previous?.conditions, target.generation, now),
    gateways: gatewayStates(gateways),
  };
}
