import { baseUrlFault } from './base-url.ts';
import type { DocPath } from './doc-path.ts';
import type { GatewayKey, Target } from './document.ts';
import { nearest } from './nearest.ts';
import { isPlain, type Plain } from './plain.ts';
import type { Findings } from './problem.ts';
import { VENDORS, vendorFault } from './vendors.ts';

/**
 * What no schema can say: ids that must differ, fields that exclude each other, values that only look right.
 *
 * @param now milliseconds since the epoch, where expired keys are to be told
 */
export function crossCheck(document: Plain, now: number | undefined, findings: Findings): void {
  checkEffect(document, findings);
  const providers = isPlain(document['providers']) ? document['providers'] : {};
  const targets = maps<Target>(providers['targets']);
  unique(targets, 'id', ['providers', 'targets'], 'E020', 'target id', findings);
  for (const [target, index] of targets) checkTarget(target, ['providers', 'targets', index], findings);
  const identity = isPlain(document['identity']) ? document['identity'] : {};
  const keys = maps<GatewayKey>(identity['keys']);
  unique(keys, 'id', ['identity', 'keys'], 'E029', 'key id', findings);
  unique(keys, 'sha256', ['identity', 'keys'], 'E029', 'key', findings);
  for (const [key, index] of keys) checkExpiry(key, ['identity', 'keys', index], now, findings);
}

/** Documents that check nothing are legal, and should be meant. */
function checkEffect(document: Plain, findings: Findings): void {
  const { pack, policies } = document;
  const chain = isPlain(policies) ? policies['chain'] : undefined;
  if (Array.isArray(chain) && chain.length === 0) {
    findings.add(
      'W011',
      ['policies', 'chain'],
      '{path} is empty, so requests and answers are recorded and not checked',
    );
  } else if (isPlain(pack) && pack['enabled'] === false) {
    findings.add('W005', ['pack', 'enabled'], 'the pack is not enabled, so none of its entries runs');
  }
}

/** Checks one target that its schema has accepted as far as it goes. */
function checkTarget(target: Partial<Target>, path: DocPath, findings: Findings): void {
  checkModels(target, path, findings);
  if (target.provider === 'mock') {
    for (const field of ['base_url', 'secret_key_ref'] as const) {
      if (target[field] === undefined) continue;
      findings.add('E028', [...path, field], `the built-in mock calls nobody, so it takes no \`${field}\``);
    }
  } else if (target.mock !== undefined) {
    findings.add('E028', [...path, 'mock'], '`mock` may be set only where `provider` is `mock`');
  }
  if (typeof target.base_url === 'string' && isPlainText(target.base_url)) {
    const message = '{path} is not encrypted: anyone on the way can read the traffic and the credential';
    findings.add('W009', [...path, 'base_url'], message);
  }
  // What a vendor that is not served would ask for helps nobody.
  const served = checkVendor(target, path, findings);
  if (served && target.provider === 'openai' && !target.secret_key_ref && !target.base_url) {
    findings.add(
      'W008',
      path,
      `{path} has no \`secret_key_ref\`, and ${target.provider} answers nobody without a key`,
    );
  }
  checkSecretName(target.secret_key_ref, [...path, 'secret_key_ref'], findings);
}

/** A target that no request can go to is legal: others may answer in its place. @returns whether it can be served */
function checkVendor({ provider, base_url }: Partial<Target>, path: DocPath, findings: Findings): boolean {
  if (typeof provider !== 'string') return true;
  const fault = vendorFault({ provider, ...(typeof base_url === 'string' && { base_url }) });
  if (fault === 'vendor') {
    findings.add(
      'W013',
      [...path, 'provider'],
      `the vendor \`${provider.slice(0, 64)}\` is not served in this release, so this target gets no request`,
      nearest(provider, [...VENDORS.map(({ name }) => name), 'mock']) ??
        'set `base_url`, where its API is the OpenAI one',
    );
  } else if (fault === 'no address') {
    const message = `\`${provider}\` has no address of its own, so a target without \`base_url\` gets no request`;
    findings.add('W013', path, message, 'set `base_url`');
  } else if (fault === 'bad address' && /^https?:/.test(base_url ?? '')) {
    // One of another scheme the schema refuses, and tells of itself.
    const message = `{path} ${baseUrlFault(base_url ?? '')}, so this target gets no request`;
    findings.add('W013', [...path, 'base_url'], message, 'look at its host and port');
  }
  return fault === null;
}

/** Beginnings of keys that vendors give out. */
const LOOKS_SECRET = /^(sk-|sk_|pk_live|gsk_|xai-|AKIA|AIza|kt_gk_|ghp_|eyJ|Bearer )/;

function checkSecretName(ref: unknown, path: DocPath, findings: Findings): void {
  if (!isPlain(ref)) return;
  for (const value of Object.values(ref)) {
    if (typeof value !== 'string' || !LOOKS_SECRET.test(value)) continue;
    findings.add(
      'E023',
      path,
      '{path} looks like a secret itself, not like the name of one',
      'secret_key_ref: {env: NAME}',
    );
  }
}

const LOOPBACK = /^http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?(\/|$)/;

function isPlainText(url: string): boolean {
  return url.startsWith('http://') && !LOOPBACK.test(url);
}

function checkModels(target: Partial<Target>, path: DocPath, findings: Findings): void {
  const seen = new Set<string>();
  for (const [model, index] of maps<{ name: unknown; aliases: unknown }>(target.models)) {
    const aliases: unknown[] = Array.isArray(model.aliases) ? model.aliases : [];
    const places: [unknown, DocPath][] = [
      [model.name, ['name']],
      ...aliases.map((alias, at): [unknown, DocPath] => [alias, ['aliases', at]]),
    ];
    for (const [name, place] of places) {
      if (typeof name !== 'string') continue;
      if (seen.has(name)) {
        const message = `the model name \`${name}\` stands twice in this target`;
        findings.add('E030', [...path, 'models', index, ...place], message);
      }
      seen.add(name);
    }
  }
}

function checkExpiry(
  key: Partial<GatewayKey>,
  path: DocPath,
  now: number | undefined,
  findings: Findings,
): void {
  if (typeof key.expires_at !== 'string') return;
  const expires = Date.parse(key.expires_at);
  const place = [...path, 'expires_at'];
  if (Number.isNaN(expires)) findings.add('E016', place, '{path} is no date that exists');
  else if (now !== undefined && expires <= now)
    findings.add('W010', place, 'the key has expired and lets nobody in');
}

function maps<T>(list: unknown): [Partial<T>, number][] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown, index): [Partial<T>, number][] =>
    isPlain(item) ? [[item as Partial<T>, index]] : [],
  );
}

function unique<T>(
  list: readonly [Partial<T>, number][],
  field: keyof T & string,
  path: DocPath,
  code: 'E020' | 'E029',
  what: string,
  findings: Findings,
): void {
  const seen = new Set<unknown>();
  for (const [item, index] of list) {
    const value = item[field];
    if (typeof value !== 'string') continue;
    if (seen.has(value))
      findings.add(code, [...path, index, field], `this ${what} stands twice in the document`);
    seen.add(value);
  }
}
