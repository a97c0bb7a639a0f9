/** Wire-independent description of a refusal or failure. The dialect writes it in its own form. */
export type ErrorType =
  | 'policy_violation'
  | 'policy_error'
  | 'validation_error'
  | 'authentication_error'
  | 'rate_limit'
  | 'overloaded'
  | 'upstream_error'
  | 'internal_error';

/** One row of the catalogue: status and type follow from the code, nobody chooses them at the call. */
interface ErrorKind {
  status: number;
  type: ErrorType;
  /** Sent as `retry-after` in seconds. */
  retryAfter?: number;
  /** `x-should-retry`, which only the official SDKs read. */
  shouldRetry?: boolean;
}

/** Every error that a caller of the traffic port can see. `docs/reference/errors.md` lists them; a test compares. */
export const ERROR_CATALOGUE = {
  input_blocked: { status: 403, type: 'policy_violation', shouldRetry: false },
  output_blocked: { status: 403, type: 'policy_violation', shouldRetry: false },
  no_compliant_provider: { status: 403, type: 'policy_violation', shouldRetry: false },
  model_not_allowed: { status: 403, type: 'policy_violation', shouldRetry: false },
  policy_error: { status: 503, type: 'policy_error' },
  invalid_json: { status: 400, type: 'validation_error', shouldRetry: false },
  invalid_utf8: { status: 400, type: 'validation_error', shouldRetry: false },
  duplicate_key: { status: 400, type: 'validation_error', shouldRetry: false },
  invalid_request: { status: 400, type: 'validation_error', shouldRetry: false },
  nesting_too_deep: { status: 400, type: 'validation_error', shouldRetry: false },
  incomplete_body: { status: 400, type: 'validation_error', shouldRetry: false },
  cross_site: { status: 403, type: 'validation_error', shouldRetry: false },
  host_not_allowed: { status: 403, type: 'validation_error', shouldRetry: false },
  missing_key: { status: 401, type: 'authentication_error', shouldRetry: false },
  invalid_key: { status: 401, type: 'authentication_error', shouldRetry: false },
  expired_key: { status: 401, type: 'authentication_error', shouldRetry: false },
  not_found: { status: 404, type: 'validation_error', shouldRetry: false },
  method_not_allowed: { status: 405, type: 'validation_error', shouldRetry: false },
  model_not_found: { status: 404, type: 'validation_error', shouldRetry: false },
  body_too_large: { status: 413, type: 'validation_error', shouldRetry: false },
  unsupported_encoding: { status: 415, type: 'validation_error', shouldRetry: false },
  unsupported_media_type: { status: 415, type: 'validation_error', shouldRetry: false },
  overloaded: { status: 503, type: 'overloaded', retryAfter: 1 },
  not_ready: { status: 503, type: 'overloaded', retryAfter: 1 },
  evidence_unavailable: { status: 503, type: 'overloaded', retryAfter: 1 },
  target_unavailable: { status: 503, type: 'upstream_error' },
  upstream_auth: { status: 502, type: 'upstream_error', shouldRetry: false },
  upstream_quota: { status: 503, type: 'upstream_error', shouldRetry: false },
  upstream_error: { status: 502, type: 'upstream_error' },
  upstream_invalid: { status: 502, type: 'upstream_error' },
  upstream_too_large: { status: 502, type: 'upstream_error', shouldRetry: false },
  upstream_connect: { status: 502, type: 'upstream_error' },
  upstream_timeout: { status: 504, type: 'upstream_error' },
  upstream_interrupted: { status: 502, type: 'upstream_error' },
  internal_error: { status: 500, type: 'internal_error' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** What is thrown on purpose anywhere on the request path. Its message is safe to send to the caller. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly type: ErrorType;
  readonly retryAfter: number | undefined;
  readonly shouldRetry: boolean | undefined;
  /** Id of the entry that refused, or that could not run and fails closed. */
  readonly policy: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { policy?: string; status?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GatewayError';
    const kind: ErrorKind = ERROR_CATALOGUE[code];
    this.code = code;
    this.status = options.status ?? kind.status;
    this.type = kind.type;
    this.retryAfter = kind.retryAfter;
    this.shouldRetry = kind.shouldRetry;
    this.policy = options.policy;
  }
}
