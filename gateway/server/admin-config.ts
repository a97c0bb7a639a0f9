import type { Plan } from '../config/plan.ts';

/** Settings whose values are themselves what must not be read: terms and patterns that name secrets. */
const HIDDEN = /(?:^|_)(?:terms?|patterns?|phrases?|keywords?|words?|values?|answer)$/;

/**
 * The running config for people: the document without secret values, without key hashes, and without the terms and
 * patterns of policies, which are often the very secrets that they guard.
 */
export function shownConfig(plan: Plan): object {
  const { config, revision, targets } = plan;
  return {
    contract: config.contract,
    pack: config.pack,
    revision,
    gateway: config.gateway,
    policies: {
      chain: config.chain.map((entry) => ({ ...entry, settings: hidden(entry.settings) })),
      unchained: config.unchained,
    },
    providers: {
      ...config.providers,
      targets: targets.map(({ target, unavailable }) => ({
        ...target,
        mock: hidden(target.mock),
        unavailable,
      })),
    },
    identity:
      config.identity === undefined
        ? null
        : {
            ...config.identity,
            keys: config.identity.keys.map(({ sha256: _hash, ...shown }) => shown),
          },
    limits: config.limits,
    control_plane: config.control_plane ?? null,
  };
}

function hidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, HIDDEN.test(key) ? count(inner) : hidden(inner)]),
  );
}

function count(value: unknown): string {
  if (Array.isArray(value)) return `(${value.length} hidden)`;
  return typeof value === 'object' && value !== null ? `(${Object.keys(value).length} hidden)` : '(hidden)';
}
