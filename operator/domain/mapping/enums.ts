import type { FailMode, FallbackTrigger, Limits, Mode } from '../../../gateway/contract/document.ts';

/** Values of the resources' own fields in the document's words. Those of settings follow from the kind's schema. */
export const MODES = {
  Observe: 'observe',
  Guide: 'guide',
  Enforce: 'enforce',
} as const satisfies Record<string, Mode>;

export const FAIL_MODES = {
  FailOpen: 'allow',
  FailClosed: 'block',
} as const satisfies Record<string, FailMode>;

export const SPOOL_FULL = {
  Block: 'block',
  Drop: 'drop',
} as const satisfies Record<string, Limits['on_spool_full']>;

export const FALLBACK_TRIGGERS = {
  ConnectError: 'connect_error',
  RateLimit: 'rate_limit',
  ServerError: 'server_error',
  Timeout: 'timeout',
} as const satisfies Record<string, FallbackTrigger>;
