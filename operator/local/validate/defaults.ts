import type { StructuralSchema } from '../../../crds/schema.ts';
import { isObject, own } from './values.ts';

/**
 * A copy of the value in which absent fields have their defaults, as the API server fills them in: outside in, only
 * below objects that are there. A field that is `null` counts as absent.
 */
export function withDefaults(schema: StructuralSchema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? structuredClone(value) : value.map((item) => withDefaults(items, item));
  }
  if (!isObject(value)) return value;
  const { properties, additionalProperties } = schema;
  const entries = Object.entries(value).flatMap(([name, child]): [string, unknown][] => {
    const childSchema = (properties && own(properties, name)) ?? additionalProperties;
    if (childSchema === undefined) return [[name, structuredClone(child)]];
    if (child === null) return [];
    return [[name, withDefaults(childSchema as StructuralSchema, child)]];
  });
  const filled = Object.fromEntries(entries);
  for (const [name, child] of Object.entries(properties ?? {})) {
    if (child.default !== undefined && !Object.hasOwn(filled, name)) {
      filled[name] = withDefaults(child, structuredClone(child.default));
    }
  }
  return filled;
}
