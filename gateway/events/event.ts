import type { SkippedLeaf, Usage } from '../dialects/dialect.ts';
import type { RecordedEntry, Verdict } from '../pipeline/verdict.ts';

/** Version of the record's layout. `contract/event.schema.json` describes it; readers keep fields they do not know. */
export const EVENT_SCHEMA = 1;

/**
 * The record of one identified request, as the pipeline hands it to the recorder. The recorder adds the record's
 * identity (`schema, id, namespace, gateway, stream, instance, seq, prev_hash`) when it writes the line.
 * No content: paths, spans, types and sizes only. User and address are tokens.
 */
export interface DecisionEvent {
  id: string;
  kind: 'decision' | 'interrupted' | 'refused';
  /** RFC 3339 with milliseconds: when the request came. */
  ts: string;
  purpose: 'production' | 'evaluation' | 'drill' | 'replay';
  /** The caller's `x-request-id`, or ours; null where the event counts several requests (`refused`). */
  request_id: string | null;
  dialect: string;
  stream_response: boolean;
  /** HTTP status sent; 499 when the caller hung up before one was. */
  status: number;
  /**
   * What the entries decided, or a block by the caller's own key. Null where that says nothing: the request was refused
   * before they ran or for a fault of its own (an unknown model too), a check could not run and failed closed, or the
   * gateway itself failed; `error` says which. An upstream that fails, or a caller who hangs up, later changes no
   * verdict: it stands beside `error`.
   * `x-keeptrusts-decision` says the same, with `error` for null; of a stream, as it stood at its first byte.
   */
  verdict: Verdict | null;
  would_verdict?: Verdict | undefined;
  /** The mode of the entry that decided; of the strictest entry where none did. */
  mode: 'observe' | 'guide' | 'enforce' | null;
  /** Dotted reason, `all_policies_passed` where nothing was found. */
  reason: string;
  /** Id of the entry that decided. */
  policy: string | null;
  error: { code: string; message: string } | null;
  /** True when an entry could not run and the request went on. */
  degraded: boolean;
  requested_model: string;
  /** What the upstream says it used, else what it was sent. */
  model: string;
  provider: string | null;
  target: string | null;
  attempts: Attempt[];
  finish_reasons: string[];
  team: string | null;
  project: string | null;
  use_case: string | null;
  task_id: string | null;
  /** Id of the gateway key; null for anonymous callers. */
  key: string | null;
  /** HMAC token of the user, and of the address, under the key of a period. */
  user_token: string | null;
  client_token: string | null;
  token_key: string | null;
  usage: (Usage & { source: 'provider' | 'estimated' | 'none' }) | null;
  /** JSON number in USD, written from `cost_nanos`; null when unpriced. */
  cost: number | null;
  cost_nanos: number | null;
  cost_source: 'target' | 'unpriced' | 'none';
  /** Milliseconds, with fractions of microseconds. */
  latency_ms: number;
  timings_ms: {
    input: number;
    route: number;
    upstream_first_byte: number | null;
    upstream: number | null;
    output: number;
  };
  entries: RecordedEntry[];
  coverage: {
    request_bytes_scanned: number;
    response_bytes_scanned: number;
    skipped: SkippedLeaf[];
    /** Skipped leaves that did not fit the record. */
    skipped_more?: number;
  };
  /** The gateway's own edits of the request: `alias`, `include_usage`, … */
  edits: string[];
  /** Revision of the policy config that decided. */
  revision: { number: number | null; hash: string };
  facts: Record<string, unknown>;
}

export interface Attempt {
  target: string;
  provider: string;
  status: number | null;
  /** Code of the catalogue in `gateway/errors.ts`, null on success. */
  error: string | null;
  ms: number;
}

/** What is on disk before a request is dispatched, so that a crash leaves a trace. */
export type BeginRecord = Pick<
  DecisionEvent,
  | 'id'
  | 'ts'
  | 'request_id'
  | 'dialect'
  | 'requested_model'
  | 'team'
  | 'project'
  | 'key'
  | 'user_token'
  | 'client_token'
  | 'token_key'
  | 'revision'
>;

/** Where the pipeline hands its events to. See `events/spool.ts`. */
export interface EventRecorder {
  /** Refuses with `evidence_unavailable` when the spool is full and the document says `block`. */
  admit(): void;
  /** Handed to the kernel, as the record is then, when this resolves (or at once). No dispatch before. */
  begin(record: BeginRecord): Promise<void> | void;
  /** Handed to the kernel when this resolves. No last byte before. */
  end(event: DecisionEvent): Promise<void> | void;
}
