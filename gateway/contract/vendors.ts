import { baseUrlFault } from './base-url.ts';
import type { Target } from './document.ts';

/** A vendor whose API is the OpenAI one, with the base URL that a target without `base_url` uses. */
export interface Vendor {
  name: string;
  /** Null where every customer has an address of his own. */
  baseUrl: string | null;
}

/** Vendors that are served. Addresses from each vendor's own API documentation, read 2026-11. */
export const VENDORS: readonly Vendor[] = [
  { name: 'openai', baseUrl: 'https://api.openai.com/v1' },
  { name: 'openai-compatible', baseUrl: null },
  { name: 'deepseek', baseUrl: 'https://api.deepseek.com/v1' },
  { name: 'mistral', baseUrl: 'https://api.mistral.ai/v1' },
  { name: 'groq', baseUrl: 'https://api.groq.com/openai/v1' },
  { name: 'together', baseUrl: 'https://api.together.xyz/v1' },
  { name: 'fireworks', baseUrl: 'https://api.fireworks.ai/inference/v1' },
  { name: 'openrouter', baseUrl: 'https://openrouter.ai/api/v1' },
  { name: 'xai', baseUrl: 'https://api.x.ai/v1' },
  { name: 'perplexity', baseUrl: 'https://api.perplexity.ai' },
  { name: 'cerebras', baseUrl: 'https://api.cerebras.ai/v1' },
  { name: 'nvidia', baseUrl: 'https://integrate.api.nvidia.com/v1' },
  { name: 'ollama', baseUrl: 'http://127.0.0.1:11434/v1' },
  { name: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' },
  { name: 'lmstudio', baseUrl: 'http://127.0.0.1:1234/v1' },
];

const BY_NAME: ReadonlyMap<string, Vendor> = new Map(VENDORS.map((vendor) => [vendor.name, vendor]));

/** The vendor of a name, or undefined where this release serves none of that name. */
export function vendorOf(name: string): Vendor | undefined {
  return BY_NAME.get(name);
}

/**
 * What keeps a target's vendor from being served: it is not served at all, the target has no address, or none that can be
 * called; null where nothing does.
 */
export function vendorFault(
  target: Pick<Target, 'provider' | 'base_url'>,
): 'vendor' | 'no address' | 'bad address' | null {
  if (target.provider === 'mock') return null;
  if (target.base_url !== undefined) return baseUrlFault(target.base_url) === null ? null : 'bad address';
  const vendor = BY_NAME.get(target.provider);
  if (vendor === undefined) return 'vendor';
  return vendor.baseUrl === null ? 'no address' : null;
}
