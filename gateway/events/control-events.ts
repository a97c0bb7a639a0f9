import type { BeginRecord } from './event.ts';

/** Records that a spool writes by itself. */

/** The first record of a stream. `after` names the stream of the same folder that could not go on. */
export function openedEvent(id: string, ts: string, after: string | null): object {
  return { id, kind: 'stream.opened', ts, after };
}

/** What is missing, and why: counted, never silent. */
export interface Gap {
  /**
   * `full`: the spool had no room. `corrupt`: lines became unreadable. `refused`: the control plane did not take them;
   * they are kept aside. `deleted`: they grew too old before they were delivered, while there was no control plane.
   */
  reason: 'full' | 'corrupt' | 'refused' | 'deleted';
  /** Events that are missing. */
  count: number;
  from_ts?: string;
  to_ts?: string;
  /** `error` counts those without a verdict. */
  by_verdict?: Record<string, number>;
  cost_nanos?: number;
  /** Positions that are missing, where events had one. */
  from_seq?: number;
  to_seq?: number;
  /** The older stream of the same folder that they are missing from; absent: the record's own. */
  of_stream?: string;
}

export function gapEvent(id: string, ts: string, gap: Gap): object {
  return { id, kind: 'stream.gap', ts, ...gap };
}

/**
 * The event of a request whose process died, or whose end could not be written. What was sent to the caller is not
 * known, so `status` and `verdict` are null: neither "allowed" nor "refused" would be true.
 */
export function interruptedEvent(begin: BeginRecord): object {
  return {
    id: begin.id,
    kind: 'interrupted',
    ts: begin.ts,
    purpose: 'production',
    request_id: begin.request_id,
    dialect: begin.dialect,
    stream_response: null,
    status: null,
    verdict: null,
    mode: null,
    reason: 'interrupted',
    policy: null,
    error: { code: 'interrupted', message: 'The gateway ended before the request did.' },
    degraded: false,
    requested_model: begin.requested_model,
    model: begin.requested_model,
    provider: null,
    target: null,
    attempts: [],
    finish_reasons: [],
    team: begin.team,
    project: begin.project,
    use_case: null,
    task_id: null,
    key: begin.key,
    user_token: begin.user_token,
    client_token: begin.client_token,
    token_key: begin.token_key,
    usage: null,
    cost: null,
    cost_nanos: null,
    cost_source: 'none',
    latency_ms: null,
    timings_ms: null,
    entries: [],
    coverage: null,
    edits: [],
    revision: begin.revision,
    facts: {},
  };
}
