/** What the runtime counts. `operator/telemetry` gives it Prometheus names. Durations in seconds. */
export interface QueueMetrics {
  depth(value: number): void;
  added(): void;
  retried(): void;
  /** From being added to being taken. */
  waited(seconds: number): void;
  /** From being taken to being done. */
  worked(seconds: number): void;
}

export const OUTCOMES = ['success', 'requeue_after', 'error', 'terminal_error'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface ControllerMetrics extends QueueMetrics {
  reconciled(outcome: Outcome, seconds: number): void;
  timedOut(): void;
  activeWorkers(value: number): void;
}
