import { Ajv, type ErrorObject } from 'ajv';
import type { StructuralSchema } from '../../../crds/schema.ts';
import type { FieldError } from './errors.ts';
import { isInt64 } from './go-text.ts';
import { structureErrors } from './structure-errors.ts';

const ANNOTATIONS = ['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-validations'];

/**
 * Compiles a structural schema; the result lists what is wrong with the shape of a value, without the faults of what
 * is as it was (JSON pointers), so that a bound can be added without breaking stored objects. For unknown fields see
 * `unknownFields`.
 */
export function structureCheck(
  schema: StructuralSchema,
): (value: unknown, unchanged?: readonly string[]) => FieldError[] {
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
  ajv.addFormat('int32', { type: 'number', validate: (value) => isInt64(value) && value === (value | 0) });
  ajv.addFormat('int64', { type: 'number', validate: isInt64 });
  ajv.addFormat('date-time', isDateTime);
  const check = ajv.compile(withoutDefaults(schema));
  return (value, unchanged = []) => {
    if (check(value)) return [];
    const isNew = ({ instancePath }: ErrorObject): boolean =>
      !unchanged.some((pointer) => `${instancePath}/`.startsWith(`${pointer}/`));
    return structureErrors((check.errors ?? []).filter(isNew), value);
  };
}

/** The schema without its defaults, which were filled in before. */
function withoutDefaults(schema: StructuralSchema): object {
  const { default: _default, properties, additionalProperties, items, ...rest } = schema;
  return {
    ...rest,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, child]) => [name, withoutDefaults(child)]),
          ),
        }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: withoutDefaults(additionalProperties) }),
    ...(items === undefined ? {} : { items: withoutDefaults(items) }),
  };
}

const DATE_TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)([.,]\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** A day of the calendar and a time of day; an offset is only looked at for its form, as the API server does it. */
function isDateTime(text: string): boolean {
  const [, day, time] = DATE_TIME.exec(text) ?? [];
  if (day === undefined) return false;
  const at = new Date(`${day}T${time}Z`);
  // What is beyond the end of a month or a day would come back as another date.
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(`${day}T${time}`);
}
