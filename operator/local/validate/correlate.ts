import type { StructuralSchema } from '../../../crds/schema.ts';
import { sameJson } from '../../runtime/json.ts';
import { formatPath, type PathPart } from './errors.ts';
import { identity } from './lists.ts';
import { isObject, own } from './values.ts';

/** A field, item or map value, with the one that it was before; undefined where none can be said to be the same. */
type Child = [schema: StructuralSchema, value: unknown, old: unknown, part: PathPart];

/** Items are found again by their keys in lists of type `map`, and nowhere else. */
export function children(schema: StructuralSchema, value: unknown, old: unknown): Child[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return [];
    const byKey = schema['x-kubernetes-list-type'] === 'map' ? identity(schema) : undefined;
    const before = new Map<string, unknown>();
    if (byKey !== undefined && Array.isArray(old)) for (const item of old) before.set(byKey(item), item);
    return value.map((item, index) => [items, item, byKey && before.get(byKey(item)), index]);
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

/** Whether a value is as it was; what was not there before never is. */
export const isUnchanged = (value: unknown, old: unknown): boolean =>
  old !== undefined && sameJson(value, old);

/** The paths, as errors of structure spell them, of the topmost values that are as they were. */
export function unchangedPaths(
  schema: StructuralSchema,
  value: unknown,
  old: unknown,
  path: readonly PathPart[] = [],
): string[] {
  if (old === undefined) return [];
  return children(schema, value, old).flatMap(([child, at, before, part]) => {
    const below = [...path, typeof part === 'object' ? part.key : part];
    return isUnchanged(at, before) ? [formatPath(below)] : unchangedPaths(child, at, before, below);
  });
}
