/**
 * The one document that a gateway reads (`policy-config.yaml`), after reading: whatever shape a person wrote,
 * inside there is this shape and no other. Names are snake_case, as in the file.
 */

/** The number of the contract that this code speaks. Within one number only optional fields are added. */
export const CONTRACT_VERSION = 1;

export type Mode = 'observe' | 'guide' | 'enforce';
export type FailMode = 'block' | 'allow';

/** Where an entry comes from, from weakest to strongest. `document` is a hand-written file. */
export type SourceLevel =
  | 'template'
  | 'default'
  | 'namespace'
  | 'gateway'
  | 'route'
  | 'override'
  | 'document';

/** Whose rule an entry is: it goes into every finding, so that "why" has an answer. */
export interface Source {
  level: SourceLevel;
  namespace?: string;
  name?: string;
  generation?: number;
  /** Position in the object's own list of entries, from 0. */
  index: number;
}

/** One use of a policy kind in the chain. A kind may occur many times; ids are unique within a document. */
export interface Entry {
  id: string;
  kind: string;
  mode: Mode;
  /** What happens when the entry could not run. Absent: the document's `limits.fail_mode`, then the process's flag. */
  fail_mode?: FailMode;
  /** HTTP status of a block; 403 unless the document asks for 409 (Keeptrusts' own number, which SDKs retry). */
  block_status?: 403 | 409;
  /** The kind's own settings, valid for its `schema.json`, defaults filled in. */
  settings: Readonly<Record<string, unknown>>;
  source: Source;
}

export interface PolicyConfig {
  /** Contract number the document was written for. */
  contract: number;
  pack: { name: string; version: string; enabled: boolean; description?: string };
  /** Set by the operator; a hand-written document has none and is named by its hash. */
  revision?: { number: number; hash: string };
  /** Which gateway the document was compiled for; `default`/`local` for a hand-written one. */
  gateway: { namespace: string; name: string };
  /** Absent only in a hand-written document without the key: then `openai` and `anthropic` pass credentials on. */
  providers?: Providers;
  /** Every entry, in the order that the composition rules gave them. */
  chain: Entry[];
  /** Kinds that have a `policy.<kind>` block but are not chained: configured, never run. */
  unchained: string[];
  identity?: Identity;
  limits: Limits;
  control_plane?: ControlPlane;
}

export interface Providers {
  targets: Target[];
  routing: { strategy: 'ordered' };
  fallback: { enabled: boolean; triggers: FallbackTrigger[]; max_fallback_attempts: number };
}
export type FallbackTrigger = 'connect_error' | 'rate_limit' | 'server_error' | 'timeout';

/** A reference to a secret value. Exactly one member is set; the value itself never stands in a document. */
export type SecretRef = { env: string } | { store: string } | { file: string };

export interface Target {
  id: string;
  /** Vendor: `openai`, any OpenAI-compatible one by `base_url`, `mock`, … */
  provider: string;
  base_url?: string;
  secret_key_ref?: SecretRef;
  /** The caller's own credential goes upstream. Only so for the two targets of a document without `providers`. */
  pass_through_credential?: boolean;
  /** Absent or empty: takes any model that no listed target names. */
  models?: TargetModel[];
  data_policy?: DataPolicy;
  timeouts?: Timeouts;
  /** The upstream rejects `stream_options`. */
  rejects_stream_options?: boolean;
  max_concurrency?: number;
  /** Settings of the built-in `mock` vendor; see `providers/mock`. */
  mock?: Readonly<Record<string, unknown>>;
  /** Namespace, name and generation of the ProviderTarget it was compiled from. */
  source?: { namespace: string; name: string; generation: number };
}

export interface TargetModel {
  name: string;
  /** Further names that callers may use; the upstream is sent `name`. */
  aliases?: string[];
  /** Upper bound of an answer in tokens, where the request names none. */
  max_output_tokens?: number;
  /** Prices in USD per million tokens, as decimal strings. */
  prices?: Partial<Record<UsageClass, string>>;
}

/** Disjoint classes of usage, in tokens. */
export type UsageClass =
  | 'input'
  | 'cached_input'
  | 'cache_write'
  | 'output'
  | 'reasoning'
  | 'audio_input'
  | 'audio_output';

export interface DataPolicy {
  zero_data_retention?: boolean;
  training_opt_out?: boolean;
  retention_days?: number;
  region?: string;
}

/** All in milliseconds. `total` runs over all attempts together. */
export interface Timeouts {
  connect_ms?: number;
  queue_ms?: number;
  first_token_ms?: number;
  idle_ms?: number;
  total_ms?: number;
}

export interface Identity {
  /**
   * Anonymous callers are let in. A hand-written document without the section lets them in on loopback, or where no
   * target has stored credentials; a compiled one does not.
   */
  anonymous: boolean;
  keys: GatewayKey[];
  /** Headers that name team, project and user, believed only when listed here. */
  trusted_headers?: Partial<Record<'team' | 'project' | 'user' | 'task_id' | 'use_case', string>>;
}

export interface GatewayKey {
  /** Public id, shown in lists and on events. */
  id: string;
  /** SHA-256 of the whole key value, 64 hex digits. */
  sha256: string;
  team?: string;
  project?: string;
  user?: string;
  use_case?: string;
  /** Absent: every model. */
  models?: string[];
  expires_at?: string;
}

export interface Limits {
  /** Bytes; 33,554,432 (32 MiB) by default. */
  max_body_bytes: number;
  /** Bytes of an answer; 67,108,864 (64 MiB) by default. */
  max_response_bytes: number;
  fail_mode?: FailMode;
  /** What a full spool does: refuse traffic, or drop events and count the gap. */
  on_spool_full: 'block' | 'drop';
  timeouts: Timeouts;
}

export interface ControlPlane {
  url: string;
  /** File that holds the bearer token; re-read when it changes. */
  token_file?: string;
}
