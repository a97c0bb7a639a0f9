import { stringify } from 'yaml';
import { canonicalJson } from './canonical-json.ts';
import { defaultProviders } from './defaults.ts';
import type { PolicyConfig, Providers } from './document.ts';
import { defined } from './plain.ts';

export { configHash } from './config-hash.ts';

/**
 * The document as text: what `readPolicyConfig` reads back as an equal config. Entries stand as objects in the chain,
 * so nothing depends on which kinds occur twice. The same config always gives the same text.
 *
 * @throws Error for what a document cannot say: a target that passes credentials on beside others
 */
export function writePolicyConfig(config: PolicyConfig): string {
  const { contract, pack, revision, gateway, providers, chain, unchained, identity, limits, control_plane } =
    config;
  const document = defined({
    contract,
    pack,
    revision,
    gateway,
    policies: { chain },
    policy: unchained.length === 0 ? undefined : Object.fromEntries(unchained.map((kind) => [kind, {}])),
    providers: writeProviders(providers),
    identity,
    limits,
    control_plane,
  });
  return stringify(document, { lineWidth: 110, aliasDuplicateObjects: false, version: '1.2' });
}

function writeProviders(providers: Providers | undefined): Providers | undefined {
  if (providers === undefined) return undefined;
  if (canonicalJson(providers) === canonicalJson(defaultProviders())) return undefined;
  const passing = providers.targets.find((target) => target.pass_through_credential === true);
  if (passing !== undefined) {
    throw new Error(`target ${passing.id} passes the caller's credential on, which a document cannot state`);
  }
  return providers;
}
