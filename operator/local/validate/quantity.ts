import type { Environment } from '@marcbachmann/cel-js';
import { nanosOf } from '../../domain/quantity.ts';

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
    .registerFunction('isQuantity(string): bool', (text: string) => nanosOf(text) !== null)
    .registerFunction('quantity(string): kubernetes.Quantity', (text: string) => {
      const nanos = nanosOf(text);
      if (nanos === null) throw new Error(`${JSON.stringify(text)} is no quantity`);
      return new Quantity(nanos);
    })
    .registerFunction(
      'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool',
      (a: Quantity, b: Quantity) => a.nanos > b.nanos,
    );
}
