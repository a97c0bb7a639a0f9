import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { PolicyConfig } from './document.ts';

/** SHA-256 over the canonical JSON of a config without its revision, 64 hex digits. */
export function configHash(config: PolicyConfig): string {
  const { revision: _revision, ...content } = config;
  return createHash('sha256').update(canonicalJson(content)).digest('hex');
}
