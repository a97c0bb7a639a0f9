import type { Limits, Providers } from './document.ts';

/** Where a document that names neither was compiled for. */
export const LOCAL_GATEWAY = { namespace: 'default', name: 'local' } as const;

/** Sizes in bytes. */
export const DEFAULT_LIMITS: Readonly<Omit<Limits, 'fail_mode'>> = {
  max_body_bytes: 33_554_432,
  max_response_bytes: 67_108_864,
  on_spool_full: 'block',
  timeouts: {},
};

export const DEFAULT_FALLBACK: Readonly<Providers['fallback']> = {
  enabled: true,
  triggers: ['connect_error', 'rate_limit', 'server_error'],
  max_fallback_attempts: 2,
};

/** What a hand-written document without `providers` gets: the caller's own credential goes to the vendor. */
export function defaultProviders(): Providers {
  return {
    targets: [
      { id: 'openai', provider: 'openai', pass_through_credential: true },
      { id: 'anthropic', provider: 'anthropic', pass_through_credential: true },
    ],
    routing: { strategy: 'ordered' },
    fallback: { ...DEFAULT_FALLBACK, triggers: [...DEFAULT_FALLBACK.triggers] },
  };
}
