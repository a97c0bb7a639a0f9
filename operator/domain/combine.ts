import { FIELDS, type Field } from './fields.ts';
import type { Combined } from './rules.ts';
import type { Policy } from './snapshot.ts';

/** A combined field and whose word it is; status and `kt policy effective` show it. */
export interface FieldSource {
  path: string;
  rule: Field['rule'];
  value: unknown;
  /** Policies that are the reason for the value, as `namespace/name`. */
  from: string[];
  overruled: string[];
}

/** Combines every field that some policy states. `policies` go from strongest to weakest. */
export function combineFields(policies: readonly Policy[]): FieldSource[] {
  const combined: FieldSource[] = [];
  for (const { path, rule, combine, read } of FIELDS) {
    const stated = policies.flatMap((policy) => {
      const value = read(policy.spec);
      return value === undefined ? [] : [{ value, from: `${policy.namespace}/${policy.name}` }];
    });
    if (stated.length === 0) continue;
    const { value, from, overruled }: Combined = combine(stated);
    combined.push({ path, rule, value, from, overruled });
  }
  return combined;
}

/** Reads combined fields by path. */
export class CombinedFields {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(fields: readonly FieldSource[]) {
    this.#values = new Map(fields.map((field) => [field.path, field.value]));
  }

  get<T>(path: string): T | undefined {
    return this.#values.get(path) as T | undefined;
  }

  /** The fields below `prefix`, as an object. */
  below<T extends object>(prefix: string): T {
    const entries = [...this.#values]
      .filter(([path]) => path.startsWith(`${prefix}.`))
      .map(([path, value]) => [path.slice(prefix.length + 1), value]);
    return Object.fromEntries(entries) as T;
  }
}
