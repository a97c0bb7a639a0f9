import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../../hack/delivery/cluster.ts';
import type { KubeObject } from './objects.ts';

/** Milliseconds for pods to end, which drain for five seconds and the grace of their gateway. */
const ENDING_MS = 30_000;
const LOOK_MS = 200;

/**
 * Waits until namespaces of scenarios that are being deleted have no pods: those would be measured with whoever comes
 * next. The namespaces themselves take longer, and cost nothing.
 */
export async function noPodsEnd(cluster: Cluster): Promise<void> {
  const end = performance.now() + ENDING_MS;
  while (performance.now() < end) {
    const namespaces = await listed(cluster, '/api/v1/namespaces?labelSelector=keeptrusts-test%3Dscenario');
    const going = namespaces.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    const names = new Set(going.map(({ metadata }) => metadata.name));
    const pods = await listed(cluster, '/api/v1/pods');
    if (!pods.some(({ metadata }) => names.has(metadata.namespace))) return;
    await delay(LOOK_MS);
  }
}

async function listed(cluster: Cluster, path: string): Promise<KubeObject[]> {
  return (await cluster.must('GET', path))['items'] as KubeObject[];
}
