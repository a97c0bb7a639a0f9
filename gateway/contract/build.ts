import { DEFAULT_FALLBACK, DEFAULT_LIMITS, defaultProviders, LOCAL_GATEWAY } from './defaults.ts';
import {
  CONTRACT_VERSION,
  type Identity,
  type Limits,
  type PolicyConfig,
  type Providers,
} from './document.ts';
import type { ReadEntries } from './entries.ts';
import { defined, type Plain } from './plain.ts';

/** The document inside, out of one that its schema has accepted. */
export function buildConfig(document: Plain, entries: ReadEntries): PolicyConfig {
  const section = <T>(name: string): Partial<T> | undefined => document[name] as Partial<T> | undefined;
  return defined({
    contract: (document['contract'] as number | undefined) ?? CONTRACT_VERSION,
    pack: document['pack'] as PolicyConfig['pack'],
    revision: document['revision'] as PolicyConfig['revision'],
    gateway: { ...LOCAL_GATEWAY, ...section<PolicyConfig['gateway']>('gateway') },
    providers: buildProviders(section<Providers>('providers')),
    chain: entries.chain,
    unchained: entries.unchained,
    identity: buildIdentity(section<Identity>('identity')),
    limits: buildLimits(section<Limits>('limits')),
    control_plane: document['control_plane'] as PolicyConfig['control_plane'],
  }) as PolicyConfig;
}

function buildProviders(stated: Partial<Providers> | undefined): Providers {
  if (stated === undefined) return defaultProviders();
  return {
    targets: stated.targets ?? [],
    routing: { strategy: 'ordered', ...stated.routing },
    fallback: { ...DEFAULT_FALLBACK, triggers: [...DEFAULT_FALLBACK.triggers], ...stated.fallback },
  };
}

/** Whoever writes the section wants to know who calls: anonymous callers need a word of their own. */
function buildIdentity(stated: Partial<Identity> | undefined): Identity | undefined {
  return stated === undefined ? undefined : { anonymous: false, keys: [], ...stated };
}

function buildLimits(stated: Partial<Limits> | undefined): Limits {
  return { ...DEFAULT_LIMITS, timeouts: {}, ...stated };
}
