import type { UsageClass } from '../contract/document.ts';
import { nanosFromPicos, picoPerUnit } from './money.ts';

/** Tokens of disjoint classes. */
export type UsageCounts = Readonly<Record<UsageClass, number>>;

export const USAGE_CLASSES: readonly UsageClass[] = [
  'input',
  'cached_input',
  'cache_write',
  'output',
  'reasoning',
  'audio_input',
  'audio_output',
];

/** Prices of one model, read once when a document is loaded: pico-dollars a token, null where there is none. */
export type PriceRow = Readonly<Record<UsageClass, number | null>>;

/**
 * Reads the prices of a model. Reasoning tokens are output tokens at every vendor, so without a price of their own
 * they have that of `output`. No other class is derived from another: vendors' ratios differ.
 * @throws PriceError
 */
export function priceRow(prices: Partial<Readonly<Record<UsageClass, string>>> | undefined): PriceRow | null {
  if (prices === undefined || Object.keys(prices).length === 0) return null;
  const read = (name: UsageClass): number | null => {
    const price = prices[name];
    return price === undefined ? null : picoPerUnit(price);
  };
  return {
    input: read('input'),
    cached_input: read('cached_input'),
    cache_write: read('cache_write'),
    output: read('output'),
    reasoning: read('reasoning') ?? read('output'),
    audio_input: read('audio_input'),
    audio_output: read('audio_output'),
  };
}

/** The quotient is the number nearest to the decimal, as a reader of the decimal would make of it. */
const NANOS_PER_DOLLAR = 1_000_000_000;

export interface Cost {
  /** Nano-dollars, rounded up once; null when unpriced. */
  cost_nanos: number | null;
  /** The same in US dollars. */
  cost: number | null;
  cost_source: 'target' | 'unpriced' | 'none';
  /** Classes that were used and have no price: never counted as zero. */
  unpriced: readonly UsageClass[];
}

const NO_COST: Cost = { cost_nanos: null, cost: null, cost_source: 'none', unpriced: [] };

/**
 * What a request cost. Without usage there is no cost (`none`); when a class that was used has no price the whole is
 * `unpriced`, since a partial sum would pass for the cost.
 */
export function costOf(usage: UsageCounts | null, prices: PriceRow | null): Cost {
  if (usage === null) return NO_COST;
  const used: UsageClass[] = [];
  const unpriced: UsageClass[] = [];
  for (const name of USAGE_CLASSES) {
    if (!(usage[name] > 0)) continue;
    used.push(name);
    if (prices === null || prices[name] === null) unpriced.push(name);
  }
  if (prices === null || unpriced.length > 0) {
    return { cost_nanos: null, cost: null, cost_source: 'unpriced', unpriced };
  }
  let picos = 0;
  for (const name of used) picos += usage[name] * prices[name]!;
  const nanos = Number.isSafeInteger(picos) ? Math.ceil(picos / 1000) : exactNanos(usage, prices, used);
  return { cost_nanos: nanos, cost: nanos / NANOS_PER_DOLLAR, cost_source: 'target', unpriced };
}

/** The slow way, for sums past 2^53 pico-dollars (about 9,000 dollars a request). */
function exactNanos(usage: UsageCounts, prices: PriceRow, used: readonly UsageClass[]): number {
  const picos = used.reduce((sum, name) => sum + BigInt(usage[name]) * BigInt(prices[name]!), 0n);
  const nanos = nanosFromPicos(picos);
  return nanos > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(nanos);
}

/**
 * Bytes of a token where no usage came. Measured on natural text and code, bytes ÷ 4 is 1.04 of the truth in the
 * median and between 0.65 and 2.0 of it for 98 % of texts with the current encodings.
 */
const BYTES_PER_TOKEN = 4;

/** Usage when the upstream counted none: `usage.source` is `estimated` then. Bytes of text in UTF-8. */
export function estimateUsage(requestBytes: number, responseBytes: number): UsageCounts {
  return {
    input: Math.ceil(requestBytes / BYTES_PER_TOKEN),
    cached_input: 0,
    cache_write: 0,
    output: Math.ceil(responseBytes / BYTES_PER_TOKEN),
    reasoning: 0,
    audio_input: 0,
    audio_output: 0,
  };
}
