/** Grammar of a Kubernetes quantity: `1.5`, `500m`, `256Mi`, `1e3`. */
const QUANTITY = /^([+-]?)(\d+\.?\d*|\.\d+)(?:([KMGTPE]i)|([numkMGTPE]?)|[eE]([+-]?\d{1,3}))$/;

const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Digits after the point that count; Kubernetes rounds up what is finer. */
const NANO = 9;

/**
 * An amount in units of 10⁻⁹; null where the text is none. Exact, in integers: a float would call close amounts equal.
 */
export function nanosOf(text: string): bigint | null {
  const [, sign, number, binary, decimal, exponent] = QUANTITY.exec(text) ?? [];
  if (number === undefined) return null;
  const [whole = '', fraction = ''] = number.split('.');
  const multiplier = binary === undefined ? 1n : 1024n ** BigInt(BINARY.indexOf(binary) + 1);
  const power = NANO - fraction.length + (DECIMAL[decimal ?? ''] ?? 0) + Number(exponent ?? 0);
  const digits = BigInt(whole + fraction) * multiplier;
  const magnitude = power >= 0 ? digits * 10n ** BigInt(power) : roundedUp(digits, 10n ** BigInt(-power));
  return sign === '-' ? -magnitude : magnitude;
}

function roundedUp(digits: bigint, divisor: bigint): bigint {
  return (digits + divisor - 1n) / divisor;
}
