import type { StructuralSchema } from '../../../crds/schema.ts';
import { sameJson } from '../../runtime/json.ts';
import type { PathPart } from './errors.ts';
import { isObject, own } from './values.ts';

/** A field, item or map value, with the one that it was before; undefined where none can be said to be the same. */
type Child = [schema: StructuralSchema, value: unknown, old: unknown, part: PathPart];

/** Items are found again by their keys in lists of type `map`, and nowhere else. */
export function children(schema: StructuralSchema, value: unknown, old: unknown): Child[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return [];
    const before = isMapList(schema) ? formerItems(schema, old) : undefined;
    return value.map((item, index) => [items, item, before?.(item), index]);
  }
  if (!isObject(value)) return [];
  const former = isObject(old) ? old : {};
  return Object.entries(value).flatMap(([name, child]): Child[] => {
    const named = schema.properties && (own(schema.properties, name) as StructuralSchema | undefined);
    if (named !== undefined) return [[named, child, own(former, name), name]];
    const { additionalProperties } = schema;
    return additionalProperties === undefined
      ? []
      : [[additionalProperties, child, own(former, name), { key: name }]];
  });
}

const isMapList = (schema: StructuralSchema): boolean => schema['x-kubernetes-list-type'] === 'map';

/** Finds what had the keys of an item before: of several, the first. */
function formerItems(schema: StructuralSchema, old: unknown): (item: unknown) => unknown {
  const byKeys = new Map<string, unknown>();
  for (const item of Array.isArray(old) ? old : []) {
    const keys = keysOf(schema, item);
    if (keys !== undefined && !byKeys.has(keys)) byKeys.set(keys, item);
  }
  return (item) => {
    const keys = keysOf(schema, item);
    return keys === undefined ? undefined : byKeys.get(keys);
  };
}

/** Undefined where a key is missing or no scalar: such an item is like no other. */
function keysOf(schema: StructuralSchema, item: unknown): string | undefined {
  if (!isObject(item)) return undefined;
  const keys = (schema['x-kubernetes-list-map-keys'] ?? []).map((key) => own(item, key));
  return keys.some((key) => key === undefined || key === null || typeof key === 'object')
    ? undefined
    : JSON.stringify(keys);
}

/**
 * Whether a value is as it was; what was not there before never is. To the API server a list of type `map` is as it
 * was where it is as long and each of its items was there: in another order, and even when one came twice in place of
 * another.
 */
export function isUnchanged(schema: StructuralSchema, value: unknown, old: unknown): boolean {
  if (old === undefined) return false;
  const [size, before] = [sizeOf(value), sizeOf(old)];
  if (size === undefined || before === undefined) return sameJson(value, old);
  if (Array.isArray(value) !== Array.isArray(old) || size !== before) return false;
  if (Array.isArray(value) && !isMapList(schema)) return sameJson(value, old);
  const parts = children(schema, value, old);
  // A member that the schema does not know cannot be told to be the same.
  return parts.length === size && parts.every(([child, at, was]) => isUnchanged(child, at, was));
}

/** Number of items or members; undefined for a scalar. */
function sizeOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : undefined;
}

/** Where the topmost values are that are as they were, as JSON pointers. */
export function unchangedPointers(
  schema: StructuralSchema,
  value: unknown,
  old: unknown,
  pointer = '',
): string[] {
  if (old === undefined) return [];
  return children(schema, value, old).flatMap(([child, at, before, part]) => {
    const name = typeof part === 'object' ? part.key : String(part);
    const below = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return isUnchanged(child, at, before) ? [below] : unchangedPointers(child, at, before, below);
  });
}
