import type { StructuralSchema } from '../../../crds/schema.ts';
import { type FieldError, formatPath, invalid, type PathPart, shown } from './errors.ts';
import { goJson } from './go-text.ts';
import { isObject, own } from './values.ts';

/** Lists of type `set` hold each value once, those of type `map` each key once. A value is told once, however often it comes. */
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
  if (schema['x-kubernetes-list-type'] === 'map') {
    // The API server looks no further than the first of these, and takes no notice of null.
    const index = list.findIndex((item) => item !== null && !isObject(item));
    if (index >= 0) {
      const at = formatPath([...path, index]);
      return [invalid(at, list[index], 'must be an object for an array of list-type map')];
    }
  }
  const counts = new Map<string, number>();
  return list.flatMap((item, index): FieldError[] => {
    const id = identify(item);
    const count = (counts.get(id) ?? 0) + 1;
    counts.set(id, count);
    if (count !== 2) return [];
    const what = schema['x-kubernetes-list-type'] === 'set' ? shown(item) : goJson(JSON.parse(id));
    return [{ path: formatPath([...path, index]), code: 'Duplicate', message: `Duplicate value: ${what}` }];
  });
}

/** What makes an item of the list the same as another, as JSON; undefined for a list that may repeat itself. */
function identity(schema: StructuralSchema): ((item: unknown) => string) | undefined {
  const keys = schema['x-kubernetes-list-map-keys'];
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return (item) => JSON.stringify(item);
    case 'map':
      return (item) =>
        JSON.stringify(
          Object.fromEntries((keys ?? []).map((key) => [key, isObject(item) ? own(item, key) : undefined])),
        );
    default:
      return undefined;
  }
}
