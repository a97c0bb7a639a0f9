import { KubeClient } from '../../operator/kube/client.ts';
import { type Kube, loadKube } from '../../operator/kube/config.ts';
import type { KubeMetrics } from '../../operator/kube/metrics.ts';
import { KubeObjects } from '../../operator/kube/objects.ts';
import { systemClock } from '../../operator/runtime/clock.ts';
import { silentLog } from '../../operator/runtime/log.ts';
import { testCluster } from './kubectl.ts';
import { noKubeMetrics } from './no-kube-metrics.ts';

/** A client of the API server of the tier, and what it asked. */
export interface TestClient {
  kube: Kube;
  client: KubeClient;
  /** `verb kind code` of each request. */
  requests: string[];
  /** `kind reason` of each watch that ended. */
  ends: string[];
  objects(namespaces: readonly string[]): KubeObjects;
}

/** `kubeconfig` is the tier's without it. The caller closes `kube`. */
export async function connect(kubeconfig = testCluster().kubeconfig): Promise<TestClient> {
  const kube = await loadKube({ kubeconfig });
  const requests: string[] = [];
  const ends: string[] = [];
  const metrics: KubeMetrics = {
    ...noKubeMetrics,
    requested: (verb, kind, code) => void requests.push(`${verb} ${kind} ${code}`),
    restarted: (kind, reason) => void ends.push(`${kind} ${reason}`),
  };
  const deps = { clock: systemClock, random: Math.random, log: silentLog, metrics };
  const client = new KubeClient(kube, deps);
  return {
    kube,
    client,
    requests,
    ends,
    objects: (namespaces) => new KubeObjects(client, { namespaces }, deps),
  };
}
