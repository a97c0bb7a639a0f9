/** Where a target's requests go. */
export interface ProviderConnection {
  /** Scheme, host and port. */
  origin: string;
  /** Path of the base URL without a slash at its end. */
  basePath: string;
  /** Names and values in turn: every header that goes upstream. Nothing of the caller's is copied. */
  headers: string[];
}
