import { CONFIG_REVISION_ANNOTATION } from '../render/configmap.ts';
import { GATEWAY_LABEL } from '../render/labels.ts';
import type { ObjectCache } from '../runtime/objects.ts';

/** One pod of a gateway. */
export interface GatewayPod {
  namespace: string;
  name: string;
  uid: string;
  /** Its containers were started, and it is not to end. */
  running: boolean;
  /** It is sent traffic. */
  ready: boolean;
  /** Why it cannot run, in words; null where nothing is in the way. */
  obstacle: string | null;
  /** What it was told last; undefined where it never was. */
  told: string | undefined;
}

/** As `operator/kube` keeps it. */
interface PodStatus {
  phase?: string;
  ready: boolean;
  obstacle?: string;
}

/** The pods of a gateway that are not to end. None where gateways run as processes. */
export function podsOf(cache: ObjectCache, namespace: string, gateway: string): GatewayPod[] {
  return cache
    .list('Pod', namespace)
    .filter(
      ({ metadata: { labels, deletionTimestamp } }) =>
        labels?.[GATEWAY_LABEL] === gateway && deletionTimestamp === undefined,
    )
    .map(({ metadata: { name, uid, annotations }, status }) => {
      const { phase, ready, obstacle = null } = status as PodStatus;
      const running = phase === 'Running';
      const told = annotations?.[CONFIG_REVISION_ANNOTATION];
      return { namespace, name, uid, running, ready: running && ready, obstacle, told };
    });
}
