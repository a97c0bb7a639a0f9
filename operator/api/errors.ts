/** Every error that the control-plane API answers with. `docs/reference/errors.md` lists them. */
export const API_ERRORS = {
  unauthenticated: 401,
  forbidden: 403,
  host_not_allowed: 403,
  cross_site: 403,
  foreign_record: 403,
  not_found: 404,
  method_not_allowed: 405,
  invalid_parameter: 400,
  invalid_body: 400,
  body_too_large: 413,
  unsupported_media_type: 415,
  too_many_keys: 409,
  sequence_gap: 409,
  fork: 422,
  record_refused: 422,
  store_unavailable: 503,
  access_not_checked: 503,
  internal_error: 500,
} as const;

export type ApiErrorCode = keyof typeof API_ERRORS;

/** Thrown on purpose by a route; its message is safe for the caller. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  readonly status: number;
  /** Further fields of the answer, such as `expected`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ApiErrorCode, message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = API_ERRORS[code];
    this.details = details;
  }
}
