import type { ProviderTargetStatus } from '../../crds/types/providertarget.ts';
import type { Finding, Target } from '../domain/snapshot.ts';
import { conditions, type Wanted, withReady } from './conditions.ts';
import { gatewayStates, type LiveGateway, programmedAll } from './gateway-state.ts';
import { acceptedCondition, NO_EFFECT } from './policy.ts';
import { unavailability } from './unavailable.ts';

export interface TargetStatusInput {
  target: Pick<Target, 'name' | 'generation' | 'spec'>;
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
  const wanted = withReady(
    [acceptedCondition(findings, accepted), accepted === null ? NO_EFFECT : usable(input)],
    'every instance may send to the target',
  );
  return {
    observedGeneration: target.generation,
    ...(accepted === null ? {} : { acceptedGeneration: accepted }),
    conditions: conditions(wanted, previous?.conditions, target.generation, now),
    gateways: accepted === null ? [] : gatewayStates(gateways, previous, accepted),
  };
}

/** `Programmed` of a target: every gateway has it, and can use it. */
function usable({ target, gateways, previous }: TargetStatusInput): Wanted {
  const condition = programmedAll(gateways, UNUSED, previous, target.generation);
  const unavailable = condition.status === 'True' ? unavailability(target, gateways) : null;
  return unavailable === null ? condition : { type: 'Programmed', status: 'False', ...unavailable };
}
