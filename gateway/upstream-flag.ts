import { DEFAULT_FALLBACK, DEFAULT_LIMITS, LOCAL_GATEWAY } from './contract/defaults.ts';
import { CONTRACT_VERSION, type PolicyConfig, type Providers } from './contract/document.ts';

/** Variable of the credential that `--upstream` sends, where it is set. */
export const UPSTREAM_KEY = 'KEEPTRUSTS_UPSTREAM_API_KEY';

/** One target for every model: what `--upstream URL` stands for. */
export function upstreamProviders(url: string, withKey: boolean): Providers {
  return {
    targets: [
      {
        id: 'upstream',
        provider: 'openai-compatible',
        base_url: url,
        ...(withKey && { secret_key_ref: { env: UPSTREAM_KEY } }),
      },
    ],
    routing: { strategy: 'ordered' },
    fallback: { ...DEFAULT_FALLBACK, triggers: [...DEFAULT_FALLBACK.triggers] },
  };
}

/** The config of a gateway that is started with `--upstream` and no document: it records, and checks nothing. */
export function upstreamConfig(providers: Providers): PolicyConfig {
  return {
    contract: CONTRACT_VERSION,
    pack: { name: 'upstream', version: '0.0.0', enabled: true },
    gateway: { ...LOCAL_GATEWAY },
    providers,
    chain: [],
    unchained: [],
    limits: { ...DEFAULT_LIMITS, timeouts: {} },
  };
}
