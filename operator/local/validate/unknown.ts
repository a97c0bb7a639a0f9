import type { StructuralSchema } from '../../../crds/schema.ts';
import { type FieldError, formatPath, type PathPart } from './errors.ts';
import { isObject, own } from './values.ts';

/**
 * Fields that the schema has no place for, as `fieldValidation: Strict` tells of them: also those of an object that
 * stands where something else should. What is below an unknown field is not looked at.
 */
export function unknownFields(
  schema: StructuralSchema,
  value: unknown,
  path: readonly PathPart[] = [],
): FieldError[] {
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    return value.flatMap((item, index) => unknownFields(items, item, [...path, index]));
  }
  if (!isObject(value)) return [];
  const { properties = {}, additionalProperties } = schema;
  return Object.entries(value).flatMap(([name, child]) => {
    const known = (own(properties, name) as StructuralSchema | undefined) ?? additionalProperties;
    const at = [...path, name];
    if (known !== undefined) return unknownFields(known, child, at);
    const field = formatPath(at);
    return [{ path: field, code: 'Unknown', message: `unknown field "${field}"` }];
  });
}
