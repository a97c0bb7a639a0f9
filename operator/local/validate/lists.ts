import type { StructuralSchema } from '../../../crds/schema.ts';
import { type FieldError, formatPath, type PathPart } from './errors.ts';
import { isObject, own } from './values.ts';

/** Lists of type `set` hold each value once, those of type `map` each key once. */
export function duplicates(
  schema: StructuralSchema,
  value: unknown,
  path: readonly PathPart[] = [],
): FieldError[] {
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    return [
      ...repeated(schema, value, path),
      ...value.flatMap((item, index) => duplicates(items, item, [...path, index])),
    ];
  }
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, child]) => {
    const named = schema.properties && own(schema.properties, name);
    if (named !== undefined) return duplicates(named as StructuralSchema, child, [...path, name]);
    if (schema.additionalProperties === undefined) return [];
    return duplicates(schema.additionalProperties, child, [...path, { key: name }]);
  });
}

function repeated(
  schema: StructuralSchema,
  list: readonly unknown[],
  path: readonly PathPart[],
): FieldError[] {
  const identify = identity(schema);
  if (identify === undefined) return [];
  const seen = new Set<string>();
  return list.flatMap((item, index): FieldError[] => {
    const id = identify(item);
    if (!seen.has(id)) {
      seen.add(id);
      return [];
    }
    return [{ path: formatPath([...path, index]), code: 'Duplicate', message: `Duplicate value: ${id}` }];
  });
}

/** What makes an item of the list the same as another, as JSON; undefined for a list that may repeat itself. */
export function identity(schema: StructuralSchema): ((item: unknown) => string) | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return (item) => JSON.stringify(item);
    case 'map':
      return (item) =>
        JSON.stringify(
          Object.fromEntries((keys ?? []).map((key) => [key, isObject(item) ? own(item, key) : null])),
        );
    default:
      return undefined;
  }
}
