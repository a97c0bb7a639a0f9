import { stringify } from 'yaml';
import { canonicalJson } from './canonical-json.ts';
import { defaultProviders } from './defaults.ts';
import type { Entry, PolicyConfig, Providers } from './document.ts';
import { defined } from './plain.ts';

export { configHash } from './config-hash.ts';

/**
 * The document as text: what `readPolicyConfig` reads back as an equal config. Entries stand as objects in the chain,
 * so nothing depends on which kinds occur twice. The same config always gives the same text.
 *
 * @throws Error for what a document cannot say: a target that passes credentials on beside others
 */
export function writePolicyConfig(config: PolicyConfig): string {
  return createConfigWriter()(config);
}

/** At most this many entries are remembered: several gateways of the largest size. */
const MAX_TEXTS = 4096;

/**
 * `writePolicyConfig` for who writes the same entries again and again: the text of an entry is remembered, since most
 * edits leave most entries alone and writing takes the most time (0.1 ms an entry).
 */
export function createConfigWriter(): (config: PolicyConfig) => string {
  const texts = new Map<string, string>();
  const textOf = (entry: Entry): string => {
    const key = JSON.stringify(entry);
    const text = texts.get(key) ?? write({ policies: { chain: [entry] } }).slice(CHAIN_HEAD.length);
    // The newest last, so that the first is the one to forget.
    texts.delete(key);
    texts.set(key, text);
    if (texts.size > MAX_TEXTS) texts.delete(texts.keys().next().value!);
    return text;
  };
  return (config) => {
    const { head, chain, tail } = parts(config);
    const middle =
      chain.length === 0 ? write({ policies: { chain } }) : CHAIN_HEAD + chain.map(textOf).join('');
    return `${write(head)}${middle}${Object.keys(tail).length === 0 ? '' : write(tail)}`;
  };
}

const CHAIN_HEAD = 'policies:\n  chain:\n';

function write(value: object): string {
  return stringify(value, { lineWidth: 110, aliasDuplicateObjects: false, version: '1.2' });
}

/** The config as the plain values that its text stands for. @throws Error as `writePolicyConfig` does */
export function documentOf(config: PolicyConfig): object {
  const { head, chain, tail } = parts(config);
  return { ...head, policies: { chain }, ...tail };
}

/** The document before and after its chain, where most of it stands. */
function parts(config: PolicyConfig): { head: object; chain: readonly Entry[]; tail: object } {
  const { contract, pack, revision, gateway, providers, chain, unchained, identity, limits, control_plane } =
    config;
  return {
    head: defined({ contract, pack, revision, gateway }),
    chain,
    tail: defined({
      policy: unchained.length === 0 ? undefined : Object.fromEntries(unchained.map((kind) => [kind, {}])),
      providers: writeProviders(providers),
      identity,
      limits,
      control_plane,
    }),
  };
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
