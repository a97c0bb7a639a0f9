/** What the runtime counts. `operator/telemetry` gives it Prometheus names. Durations in seconds. */
export interface QueueMetrics {
  depth(value: number): void;
  added(): void;
  retried(): void;
  /** From being added to being taken. */
  waited(seconds: number): void;
  /** From being taken to being done. */
  worked(seconds: number): void;
  /** Hands over what tells how long the keys that are being worked on have been, in all. Called once. */
  unfinished(seconds: () => number): void;
}

export const OUTCOMES = ['success', 'requeue_after', 'error', 'terminal_error'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface ControllerMetrics extends QueueMetrics {
  reconciled(outcome: Outcome, seconds: number): void;
  timedOut(): void;
  activeWorkers(value: number): void;
}

/** What was put back after others had changed it. */
export interface DriftMetrics {
  driftCorrected(kind: string): void;
}

export const NUDGE_REASONS = ['revision', 'again', 'credential'] as const;
/**
 * Why a pod was annotated: it has another revision; it still has one though it was told; its gateway lacks a credential,
 * or has one that is refused, and another may be there by now.
 */
export type NudgeReason = (typeof NUDGE_REASONS)[number];

export const NUDGE_RESULTS = ['written', 'failed'] as const;
export type NudgeResult = (typeof NUDGE_RESULTS)[number];

export interface NudgeMetrics {
  nudged(reason: NudgeReason, result: NudgeResult): void;
}

export const EVENT_RESULTS = ['written', 'failed', 'dropped'] as const;
/** `dropped`: not even tried, since there were too many. */
export type EventResult = (typeof EVENT_RESULTS)[number];

export interface EventMetrics {
  event(result: EventResult): void;
}

export const WATCH_ENDS = [
  'expired',
  'closed',
  'gone',
  'silent',
  'error',
  'malformed',
  'list_failed',
  'relist',
] as const;
/**
 * Why a watch began anew: its time limit, the server's own wish, a resourceVersion too old (410), no end in time and no
 * traffic either, any other failure, an event that cannot be understood, a list that failed before it, or the list that
 * is made from time to time as a safety net.
 */
export type WatchEnd = (typeof WATCH_ENDS)[number];

export interface WatchMetrics {
  restarted(kind: string, reason: WatchEnd): void;
  /** Whether the cache of a kind is a full view. */
  synced(kind: string, synced: boolean): void;
  /** Something came of the kind: a list, an object, a bookmark. */
  heard(kind: string): void;
}

export interface LeaderMetrics {
  /** Whether this process is the one that acts. */
  leader(held: boolean): void;
  /** The longest delay of a timer lately. */
  eventLoopDelay(seconds: number): void;
}
