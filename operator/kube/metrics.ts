import type { WatchMetrics } from '../runtime/metrics.ts';

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'apply'
  | 'apply_status'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete';

/** What the client counts. `operator/telemetry` gives it Prometheus names. */
export interface KubeMetrics extends WatchMetrics {
  /** One try of a call; `code` is the HTTP status, 0 for no answer. */
  requested(verb: Verb, kind: string, code: number, seconds: number): void;
}
