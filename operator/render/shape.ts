import type { GovernanceGatewaySpec } from '../../crds/types/governancegateway.ts';

/** Size and shape of the implicit gateway: the defaults of GovernanceGateway, and resources of a small one. */
export const IMPLICIT_SHAPE: GovernanceGatewaySpec = {
  replicas: 1,
  resources: { requests: { cpu: '100m', memory: '256Mi' }, limits: { memory: '512Mi' } },
  evidence: { spoolMaxBytes: 268_435_456, spoolMaxDays: 7 },
  drainGraceSeconds: 60,
};
