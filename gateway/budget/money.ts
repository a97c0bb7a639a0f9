/**
 * Money as integers. Prices are pico-dollars a unit, which is the same number as micro-dollars a million units;
 * amounts are nano-dollars. Nothing is ever a binary fraction.
 */

const PRICE = /^(\d{1,9})(?:\.(\d{1,6}))?$/;
const PICO_DIGITS = 6;

/** A price that cannot be used. */
export class PriceError extends Error {
  constructor(price: string) {
    super(
      `"${price.slice(0, 40)}" is no price: write US dollars per million tokens as a decimal such as "2.50", with at most 6 digits behind the point`,
    );
    this.name = 'PriceError';
  }
}

/**
 * US dollars per million units, as a decimal string, to pico-dollars a unit. At most 999,999,999.999999, so that the
 * result is exact as a number. @throws PriceError
 */
export function picoPerUnit(price: string): number {
  const match = PRICE.exec(price);
  if (match === null) throw new PriceError(price);
  return Number(match[1]! + (match[2] ?? '').padEnd(PICO_DIGITS, '0'));
}

/** Pico-dollars to nano-dollars, rounded up: an event never costs less than its parts. */
export function nanosFromPicos(picos: bigint): bigint {
  return (picos + 999n) / 1000n;
}
