import type { GovernanceGatewayStatus } from '../../crds/types/governancegateway.ts';
import type { Finding, Gateway } from '../domain/snapshot.ts';
import { conditions, type Wanted, withReady } from './conditions.ts';
import { type LiveGateway, programmed, sure, whyUnready } from './gateway-state.ts';
import { acceptedWith } from './policy.ts';

export interface GatewayStatusInput {
  gateway: Pick<Gateway, 'generation' | 'spec'>;
  previous: GovernanceGatewayStatus | undefined;
  live: LiveGateway;
  findings: readonly Finding[];
  /** Policies in force that govern it. */
  policies: number;
  /** Base URL for applications; null while it is not known. */
  address: string | null;
  now: string;
}

export function gatewayStatus(input: GatewayStatusInput): GovernanceGatewayStatus {
  const { gateway, live, previous, now } = input;
  const ready = live.deployment?.ready ?? 0;
  const wanted = withReady(
    [accepted(input), available(live, gateway.spec.replicas), current(input)],
    'every instance runs the current revision',
  );
  return {
    observedGeneration: gateway.generation,
    conditions: conditions(wanted, previous?.conditions, gateway.generation, now),
    replicas: live.deployment?.replicas ?? 0,
    readyReplicas: ready,
    ...(live.revision === null ? {} : { revision: live.revision.number, hash: live.revision.hash }),
    ...(input.address === null ? {} : { address: input.address }),
  };
}

function accepted({ findings, policies }: GatewayStatusInput): Wanted {
  const type = 'Accepted';
  const invalid = findings.filter(({ reason }) => reason === 'Invalid').map(({ message }) => message);
  if (invalid.length > 0) return { type, status: 'False', reason: 'Invalid', message: invalid.join('; ') };
  if (policies > 0) return acceptedWith(findings);
  return { type, status: 'False', reason: 'NoPolicy', message: 'no policy in force governs this gateway' };
}

function available(live: LiveGateway, replicas: number): Wanted {
  const { ready, failure } = live.deployment ?? { ready: 0, failure: null };
  const counted = `${ready} of ${replicas} instances are ready`;
  const type = 'Available';
  if (ready < replicas) {
    const message = failure ?? `${counted}${whyUnready(live)}`;
    return { type, status: 'False', reason: 'Unavailable', message };
  }
  if (failure !== null) return { type, status: 'False', reason: 'RolloutFailed', message: failure };
  return { type, status: 'True', reason: 'Available', message: counted };
}

function current({ live, previous, gateway }: GatewayStatusInput): Wanted {
  const condition = programmed(live);
  const said = sure(condition, previous, gateway.generation) ?? condition;
  if (said.status !== 'True' || live.behind === null) return said;
  // Policies and targets are enforced all the same, so theirs do not say so.
  const message = `gateway ${live.name}: ${live.behind}`;
  return { type: said.type, status: 'False', reason: 'GatewayPending', message };
}
