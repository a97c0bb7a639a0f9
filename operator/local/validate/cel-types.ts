import { Environment } from '@marcbachmann/cel-js';
import type { StructuralSchema } from '../../../crds/schema.ts';
import { registerQuantities } from './quantity.ts';
import { isObject, own } from './values.ts';

/**
 * An environment in which `self` and `oldSelf` have the type of the node that carries the rule, so that a rule with a
 * wrong field name or comparison fails when it is compiled, as it does at the API server.
 */
export function environmentOf(schema: StructuralSchema, isRoot: boolean): Environment {
  const environment = registerQuantities(new Environment({ unlistedVariablesAreDyn: false }));
  let count = 0;
  const typeOf = (node: StructuralSchema, root: boolean): string | undefined => {
    switch (node.type) {
      case 'string':
        return node.format === undefined ? 'string' : undefined;
      case 'integer':
        return 'int';
      case 'number':
        return 'double';
      case 'boolean':
        return 'bool';
      case 'array': {
        const item = typeOf(node.items ?? {}, false);
        return item && `list<${item}>`;
      }
      case 'object': {
        if (node.additionalProperties !== undefined) {
          const value = typeOf(node.additionalProperties, false);
          return value && `map<string, ${value}>`;
        }
        const fields: Record<string, string> = {};
        for (const [name, child] of Object.entries(node.properties ?? {})) {
          const metadata = root && name === 'metadata';
          const type = typeOf(metadata ? METADATA : child, false);
          if (type !== undefined) fields[name] = type;
        }
        count += 1;
        const name = `T${count}`;
        environment.registerType(name, { fields });
        return name;
      }
      default:
        return undefined;
    }
  };
  const self = typeOf(schema, isRoot) ?? 'dyn';
  return environment.registerVariable('self', self).registerVariable('oldSelf', self);
}

/** All of `metadata` that a rule may see. */
const METADATA: StructuralSchema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};

/** A value as the evaluator wants it: integers as bigint, fields that rules cannot see left out. */
export function toCel(schema: StructuralSchema, value: unknown, isRoot = false): unknown {
  if (typeof value === 'number') {
    // A fraction may have been stored before the field became an integer.
    return schema.type === 'integer' && Number.isInteger(value) ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => toCel(schema.items ?? {}, item));
  if (!isObject(value)) return value;
  const { properties = {}, additionalProperties } = schema;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, child]): [string, unknown][] => {
      if (additionalProperties !== undefined) return [[name, toCel(additionalProperties, child)]];
      const metadata = isRoot && name === 'metadata';
      const named = metadata ? METADATA : (own(properties, name) as StructuralSchema | undefined);
      return named === undefined ? [] : [[name, toCel(named, child)]];
    }),
  );
}
