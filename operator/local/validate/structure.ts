import { Ajv, type ErrorObject } from 'ajv';
import type { StructuralSchema } from '../../../crds/schema.ts';
import { type FieldError, formatPath, invalid, type PathPart, shown } from './errors.ts';

const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const ANNOTATIONS = ['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-validations'];

/** Compiles a structural schema; the result lists everything wrong with the shape of a value, unknown fields included. */
export function structureCheck(schema: StructuralSchema): (value: unknown) => FieldError[] {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    allowUnionTypes: true,
    // Tests check the CRDs; compiling the schema of schemas would take longer than they do.
    validateSchema: false,
  });
  ajv.addVocabulary(ANNOTATIONS);
  ajv.addFormat('int32', { type: 'number', validate: (value) => Math.abs(value + 0.5) < 2 ** 31 });
  ajv.addFormat('int64', { type: 'number', validate: (value) => Number.isSafeInteger(value) });
  ajv.addFormat('date-time', (text) => DATE_TIME.test(text) && !Number.isNaN(Date.parse(text)));
  const check = ajv.compile(closed(schema));
  return (value) => {
    if (check(value)) return [];
    return withoutEchoes(check.errors ?? []).flatMap((error) => toFieldError(error, value));
  };
}

/** The schema with unknown fields forbidden, as `fieldValidation: Strict` does. Defaults were applied before. */
function closed(schema: StructuralSchema): object {
  const { default: _default, properties, additionalProperties, items, ...rest } = schema;
  return {
    ...rest,
    ...(properties === undefined
      ? {}
      : {
          additionalProperties: false,
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, child]) => [name, closed(child)]),
          ),
        }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: closed(additionalProperties) }),
    ...(items === undefined ? {} : { items: closed(items) }),
  };
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
    case 'additionalProperties': {
      const field = formatPath([...parts, params['additionalProperty']]);
      return [{ path: field, code: 'Unknown', message: `unknown field "${field}"` }];
    }
    case 'type': {
      const found = typeName(data);
      const message = `Invalid value: "${found}": ${path} in body must be of type ${params['type']}: "${found}"`;
      return [{ path, code: 'TypeInvalid', message }];
    }
    case 'enum': {
      const values = (params['allowedValues'] as unknown[])
        .map((value) => JSON.stringify(String(value)))
        .join(', ');
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
      return inBody(`should be greater than or equal to ${params['limit']}`);
    case 'maximum':
      return inBody(`should be less than or equal to ${params['limit']}`);
    case 'format':
      return inBody(`must be of type ${params['format']}: ${shown(data)}`);
    default:
      return inBody(error.message ?? error.keyword);
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

/** A string of the wrong length is told its length only, as the API server does it. */
function withoutEchoes(errors: readonly ErrorObject[]): ErrorObject[] {
  const wrongLength = new Set(
    errors.filter(({ keyword }) => /^(min|max)Length$/.test(keyword)).map(({ instancePath }) => instancePath),
  );
  return errors.filter(
    ({ keyword, instancePath }) => keyword !== 'pattern' || !wrongLength.has(instancePath),
  );
}
