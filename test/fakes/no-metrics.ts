import type { ControllerMetrics } from '../../operator/runtime/metrics.ts';

/** Counts nothing. */
export const noMetrics: ControllerMetrics = {
  depth: () => {},
  added: () => {},
  retried: () => {},
  waited: () => {},
  worked: () => {},
  unfinished: () => {},
  reconciled: () => {},
  timedOut: () => {},
  activeWorkers: () => {},
};
