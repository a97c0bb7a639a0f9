import type { InstanceReports } from '../domain/instance-reports.ts';
import { CONFIG_REVISION_ANNOTATION } from '../render/configmap.ts';
import { childName } from '../render/names.ts';
import type { Clock } from '../runtime/clock.ts';
import { DONE, type Reconcile } from '../runtime/controller.ts';
import type { NudgeMetrics } from '../runtime/metrics.ts';
import { type ObjectCache, ObjectError, type PodAnnotator } from '../runtime/objects.ts';
import { revisionOf } from './gather.ts';
import { nextNudge, type PodHistory } from './nudges.ts';
import { type GatewayPod, podsOf } from './pods.ts';

export interface DeliveryControllerDeps {
  cache: ObjectCache;
  pods: PodAnnotator;
  reports: Pick<InstanceReports, 'list' | 'complete'>;
  nudges: NudgeMetrics;
  clock: Pick<Clock, 'monotonic'>;
}

/** What is remembered of one gateway between looks. */
interface Known {
  wanted: { number: number; hash: string; seenAt: number };
  /** By uid. */
  pods: Map<string, PodHistory>;
}

/**
 * Brings a new document into the pods of a gateway: a kubelet looks at what a pod mounts when the pod changes, and
 * otherwise once in a minute or two. So each pod that has another revision gets an annotation. Keys are
 * `namespace/gateway`.
 *
 * What is wanted is what the cache shows of the ConfigMap: when our watch has heard of it, the kubelet's has as well or
 * will in a moment.
 */
export function reconcileDelivery(deps: DeliveryControllerDeps): Reconcile {
  const { cache, clock, reports } = deps;
  const gateways = new Map<string, Known>();
  return async (key, { signal }) => {
    const [namespace, gateway] = key.split('/') as [string, string];
    const configMap = cache.get({ kind: 'ConfigMap', namespace, name: childName(gateway) });
    const revision = configMap === undefined ? null : revisionOf(configMap);
    if (revision === null) {
      gateways.delete(key);
      return DONE;
    }
    const now = clock.monotonic();
    const before = gateways.get(key);
    const same = before?.wanted.number === revision.number && before.wanted.hash === revision.hash;
    const wanted = same ? before.wanted : { ...revision, seenAt: now };
    const known: Known = { wanted, pods: new Map() };
    gateways.set(key, known);
    const said = new Map(reports.list(namespace, gateway).map((report) => [report.instance, report]));
    const listening = reports.complete();
    let soonest = Number.POSITIVE_INFINITY;
    const failures: unknown[] = [];
    const look = async (pod: GatewayPod): Promise<void> => {
      const fresh = { seenAt: now, lastAt: now, series: '', repeats: 0 };
      const history = before?.pods.get(pod.uid) ?? fresh;
      const report = said.get(pod.name);
      const nudge = nextNudge({ pod, wanted, report, history, listening, now });
      known.pods.set(pod.uid, nudge.kind === 'settled' ? { ...history, series: '', repeats: 0 } : history);
      if (nudge.kind === 'later') soonest = Math.min(soonest, nudge.afterMs);
      if (nudge.kind !== 'now') return;
      try {
        await deps.pods.annotate(pod, { [CONFIG_REVISION_ANNOTATION]: nudge.told });
        deps.nudges.nudged(nudge.reason, 'written');
        known.pods.set(pod.uid, nudge.history);
      } catch (error) {
        if (isGone(error)) return;
        deps.nudges.nudged(nudge.reason, 'failed');
        failures.push(error);
      }
    };
    signal.throwIfAborted();
    // One that is refused must not keep the others waiting.
    await Promise.all(
      podsOf(cache, namespace, gateway)
        .filter(({ running }) => running)
        .map(look),
    );
    if (failures.length > 0) throw failures[0];
    return soonest === Number.POSITIVE_INFINITY ? DONE : { kind: 'requeue', afterMs: soonest };
  };
}

function isGone(error: unknown): boolean {
  return error instanceof ObjectError && (error.reason === 'NotFound' || error.reason === 'Conflict');
}
