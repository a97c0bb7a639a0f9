import type { KubeMetrics } from '../../operator/kube/metrics.ts';

/** Counts nothing. */
export const noKubeMetrics: KubeMetrics = {
  requested: () => {},
  restarted: () => {},
  synced: () => {},
  heard: () => {},
};
