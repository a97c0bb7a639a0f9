import type { ErrorObject } from 'ajv';
import type { StructuralSchema } from '../../../crds/schema.ts';
import { type FieldError, formatPath, invalid, type PathPart, shown } from './errors.ts';
import { goFloat, isInt64 } from './go-text.ts';
import { isObject } from './values.ts';

/** What ajv found in a value, in the API server's words. */
export const structureErrors = (found: readonly ErrorObject[], root: unknown): FieldError[] =>
  withoutEchoes(found).flatMap((error) => toFieldError(error, root));

/** A string of the wrong length is told its length only, as the API server does it. */
function withoutEchoes(errors: readonly ErrorObject[]): ErrorObject[] {
  const wrongLength = new Set(
    errors.filter(({ keyword }) => /^(min|max)Length$/.test(keyword)).map(({ instancePath }) => instancePath),
  );
  return errors.filter(
    ({ keyword, instancePath }) => keyword !== 'pattern' || !wrongLength.has(instancePath),
  );
}

/** A JSON pointer as path parts; a segment is an index where the value there is a list. */
function pathOf(pointer: string, root: unknown): PathPart[] {
  let at: unknown = root;
  return pointer
    .split('/')
    .slice(1)
    .map((raw) => {
      const segment = raw.replaceAll('~1', '/').replaceAll('~0', '~');
      const part = Array.isArray(at) ? Number(segment) : segment;
      at = (at as Record<string, unknown> | undefined)?.[segment];
      return part;
    });
}

function toFieldError(error: ErrorObject, root: unknown): FieldError[] {
  const parts = pathOf(error.instancePath, root);
  const path = formatPath(parts);
  const { params, data } = error;
  const inBody = (detail: string): FieldError[] => [invalid(path, data, `${path} in body ${detail}`)];
  const count = Array.isArray(data) ? data.length : Object.keys((data as object | null) ?? {}).length;
  switch (error.keyword) {
    case 'required':
      return [
        {
          path: formatPath([...parts, params['missingProperty']]),
          code: 'Required',
          message: 'Required value',
        },
      ];
    case 'type':
      return wrongType(path, data, error.parentSchema as StructuralSchema);
    case 'enum': {
      const allowed = params['allowedValues'] as unknown[];
      // The API server compares a fraction as the integer below it; that it is none, it tells as well.
      if (typeof data === 'number' && !Number.isInteger(data) && allowed.includes(Math.trunc(data)))
        return [];
      const values = allowed.map((value) => JSON.stringify(String(value))).join(', ');
      return [
        {
          path,
          code: 'NotSupported',
          message: `Unsupported value: ${shown(data)}: supported values: ${values}`,
        },
      ];
    }
    case 'maxItems':
    case 'maxProperties':
      return [
        { path, code: 'TooMany', message: `Too many: ${count}: must have at most ${params['limit']} items` },
      ];
    case 'minItems':
    case 'minProperties': {
      const noun = error.keyword === 'minItems' ? 'items' : 'properties';
      return [invalid(path, count, `${path} in body should have at least ${params['limit']} ${noun}`)];
    }
    case 'maxLength':
      return [{ path, code: 'TooLong', message: `Too long: may not be more than ${params['limit']} bytes` }];
    case 'minLength':
      return inBody(`should be at least ${params['limit']} chars long`);
    case 'pattern':
      return inBody(`should match '${params['pattern']}'`);
    case 'minimum':
      return inBody(`should be greater than or equal to ${limit(params['limit'], data)}`);
    case 'maximum':
      return inBody(`should be less than or equal to ${limit(params['limit'], data)}`);
    case 'format':
      return wrongFormat(path, data, params['format']);
    default:
      return inBody(error.message ?? error.keyword);
  }
}

/** A limit is written as the value beside it: a float as a float. */
const limit = (value: number, beside: unknown): string =>
  typeof beside === 'number' && !isInt64(beside) ? goFloat(value) : String(value);

const notOfType = (path: string, found: string, type: string | undefined): FieldError => ({
  path,
  code: 'TypeInvalid',
  message: `Invalid value: ${found}: ${path} in body must be of type ${type}: ${found}`,
});

/** Where the schema has a format, the API server names that, and Go's types. */
function wrongType(path: string, data: unknown, { type, format }: StructuralSchema): FieldError[] {
  if (format !== undefined && (typeof data === 'boolean' || isObject(data))) {
    return [notOfType(path, '""', format)];
  }
  if (format === undefined || typeof data !== 'number') {
    return [notOfType(path, `"${typeName(data)}"`, type)];
  }
  // A fraction where an integer should be breaks the format as well, and is told there.
  return type === 'integer' ? [] : [notOfType(path, isInt64(data) ? '"int64"' : '"float64"', format)];
}

function wrongFormat(path: string, data: unknown, format: string): FieldError[] {
  if (typeof data !== 'number') return [notOfType(path, shown(data), format)];
  // The API server tells this of the object, not of the field.
  const range = invalid(
    '<nil>',
    '',
    `Checked value must be of type integer with format ${format} in ${path}`,
  );
  return isInt64(data) ? [range] : [notOfType(path, '"float64"', format), range];
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && isInt64(value) ? 'integer' : typeof value;
}
