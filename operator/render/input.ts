import type { GovernanceGatewaySpec } from '../../crds/types/governancegateway.ts';
import type { OwnerReference } from '../runtime/objects.ts';

/** Everything that a gateway's objects are rendered from. */
export interface RenderInput {
  namespace: string;
  gateway: string;
  owners: OwnerReference[];
  shape: GovernanceGatewaySpec;
  image: string;
  /** The Deployment is left alone by the cluster's own controllers: processes on another machine stand for its pods. */
  paused: boolean;
  /** Secret keys that the gateway's targets name. */
  credentials: readonly { name: string; key: string }[];
  /** Whether instances report to a control plane and need a token for it. */
  reports: boolean;
  /** Uid of the ServiceAccount where it is another than the one that the Deployment began with. */
  renewedAccount?: string | undefined;
  revision: { number: number; hash: string };
  document: string;
  accepted: string;
  sources: string;
}
