import type { Environment } from '@marcbachmann/cel-js';

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

/** An amount as Kubernetes writes it. */
class Quantity {
  /** In units of 10⁻⁹. */
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** Gives a CEL environment the Kubernetes functions that our rules use of quantities. */
export function registerQuantities(environment: Environment): Environment {
  return environment
    .registerType('kubernetes.Quantity', Quantity)
    .registerFunction('isQuantity(string): bool', (text: string) => parse(text) !== null)
    .registerFunction('quantity(string): kubernetes.Quantity', (text: string) => {
      const quantity = parse(text);
      if (quantity === null) throw new Error(`${JSON.stringify(text)} is no quantity`);
      return quantity;
    })
    .registerFunction(
      'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool',
      (a: Quantity, b: Quantity) => a.nanos > b.nanos,
    );
}

/** Exact, in integers: a float would call close amounts equal. */
function parse(text: string): Quantity | null {
  const [, sign, number, binary, decimal, exponent] = QUANTITY.exec(text) ?? [];
  if (number === undefined) return null;
  const [whole = '', fraction = ''] = number.split('.');
  const multiplier = binary === undefined ? 1n : 1024n ** BigInt(BINARY.indexOf(binary) + 1);
  const power = NANO - fraction.length + (DECIMAL[decimal ?? ''] ?? 0) + Number(exponent ?? 0);
  const digits = BigInt(whole + fraction) * multiplier;
  const magnitude = power >= 0 ? digits * 10n ** BigInt(power) : roundedUp(digits, 10n ** BigInt(-power));
  return new Quantity(sign === '-' ? -magnitude : magnitude);
}

function roundedUp(digits: bigint, divisor: bigint): bigint {
  return (digits + divisor - 1n) / divisor;
}
