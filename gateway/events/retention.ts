import type { Segment } from './segments.ts';

export interface RetentionRule {
  maxBytes: number;
  maxAgeMs: number;
  nowMs: number;
  /** Next seq that the control plane expects of a stream; null where nobody takes the events. */
  acked: ((stream: string) => number) | null;
}

/** Of a spool whose events are delivered, this share of the cap is kept for sending again. */
const REPLAY_SHARE = 0.3;

/**
 * Why the oldest segment may and should go, or null. Nothing is deleted that the control plane still lacks; a lone
 * gateway gives up its oldest events when the cap is reached.
 */
export function reasonToRemove(
  segments: readonly Segment[],
  bytes: number,
  rule: RetentionRule,
): 'age' | 'size' | null {
  const [oldest, next] = segments;
  if (oldest === undefined || next === undefined || oldest.end === null) return null;
  if (rule.acked !== null && rule.acked(oldest.stream) < oldest.end) return null;
  const room = rule.acked === null ? rule.maxBytes : rule.maxBytes * REPLAY_SHARE;
  if (bytes > room) return 'size';
  // The next segment began when this one's last event was written.
  return rule.nowMs - next.begunMs > rule.maxAgeMs ? 'age' : null;
}
