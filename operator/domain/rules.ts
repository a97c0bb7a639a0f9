import { sameJson as same } from '../runtime/json.ts';

/** A value that one policy states. */
export interface Stated<T = unknown> {
  value: T;
  /** The policy, as `namespace/name`. */
  from: string;
}

export interface Combined<T = unknown> {
  value: T;
  /** Who is the reason that it is so. */
  from: string[];
  /** Policies that asked for something else and did not get it. */
  overruled: string[];
}

/** Combines what policies state about one field, given from strongest to weakest and at least one. */
export type Rule<T> = (stated: readonly Stated<T>[]) => Combined<T>;

function pick<T>(stated: readonly Stated<T>[], value: T): Combined<T> {
  return {
    value,
    from: stated.filter((one) => same(one.value, value)).map((one) => one.from),
    overruled: stated.filter((one) => !same(one.value, value)).map((one) => one.from),
  };
}

/** The lowest number wins, whoever states it. */
export const lowest: Rule<number> = (stated) => pick(stated, Math.min(...stated.map((one) => one.value)));

/** The last of `order` that anybody states wins: `order` goes from permissive to strict. */
export function strictest<T>(order: readonly T[]): Rule<T> {
  return (stated) => {
    const rank = Math.max(...stated.map((one) => order.indexOf(one.value)));
    return pick(stated, order[rank] as T);
  };
}

/** Only what everybody permits, in the order of the strongest. */
export const intersection: Rule<readonly string[]> = (stated) => {
  const [first, ...others] = stated;
  const value = first!.value.filter((item) => others.every((other) => other.value.includes(item)));
  return {
    value,
    from: stated.map((one) => one.from),
    overruled: stated.filter((one) => one.value.some((item) => !value.includes(item))).map((one) => one.from),
  };
};

/** Only the pairs that everybody permits. */
export const commonPairs: Rule<Readonly<Record<string, string>>> = (stated) => {
  const [first, ...others] = stated;
  const value = Object.fromEntries(
    Object.entries(first!.value).filter(([name, is]) => others.every((other) => other.value[name] === is)),
  );
  return {
    value,
    from: stated.map((one) => one.from),
    overruled: stated
      .filter((one) => Object.keys(one.value).some((name) => !Object.hasOwn(value, name)))
      .map((one) => one.from),
  };
};
