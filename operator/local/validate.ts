import { type CustomResourceDefinition, type StructuralSchema, storedSchema } from '../../crds/schema.ts';
import { unchangedPointers } from './validate/correlate.ts';
import { withDefaults } from './validate/defaults.ts';
import { type FieldError, invalid, isBlocking } from './validate/errors.ts';
import { duplicates } from './validate/lists.ts';
import { metadataErrors } from './validate/metadata.ts';
import { ruleCheck } from './validate/rules.ts';
import { structureCheck } from './validate/structure.ts';
import { unknownFields } from './validate/unknown.ts';
import { isObject } from './validate/values.ts';

export type { FieldError, FieldErrorCode } from './validate/errors.ts';

/** Either the object with its defaults filled in, or everything that is wrong with it. */
export type ValidationResult =
  | { object: Record<string, unknown>; errors?: undefined }
  | { object?: undefined; errors: [FieldError, ...FieldError[]] };

export interface Validator {
  /** `governance.keeptrusts.com/v1alpha1/GovernancePolicy`, … */
  readonly kinds: readonly string[];
  /** Whether the object is of a kind that this validator knows; others are not its business. */
  knows(object: unknown): boolean;
  /**
   * What an API server would answer to a create or, with the old object, an update, in which faults that were there
   * before count only in values that changed. The input is not changed.
   */
  validate(object: unknown, old?: unknown): ValidationResult;
}

interface KindCheck {
  schema: StructuralSchema;
  structure(value: unknown, unchanged: readonly string[]): FieldError[];
  rules(value: unknown, old: unknown): FieldError[];
}

/**
 * Checks objects against CRDs without an API server, in its order: defaults, metadata, structure, lists, and the CEL
 * rules only where nothing is missing, unknown or of a wrong type, size or choice.
 *
 * @throws Error for a CRD with a schema or rule that does not compile
 */
export function createValidator(crds: readonly CustomResourceDefinition[]): Validator {
  const checks = new Map(
    crds.map((crd): [string, KindCheck] => {
      const schema = storedSchema(crd);
      const version = crd.spec.versions.find((candidate) => candidate.storage)?.name;
      const key = `${crd.spec.group}/${version}/${crd.spec.names.kind}`;
      return [key, { schema, structure: structureCheck(schema), rules: ruleCheck(schema) }];
    }),
  );
  const find = (object: unknown): KindCheck | undefined =>
    isObject(object) ? checks.get(`${String(object['apiVersion'])}/${String(object['kind'])}`) : undefined;
  return {
    kinds: [...checks.keys()],
    knows: (object) => find(object) !== undefined,
    validate(object, old) {
      const check = find(object);
      if (check === undefined || !isObject(object))
        return { errors: [unknownKind(object, [...checks.keys()])] };
      const { schema } = check;
      const filled = withDefaults(schema, object) as Record<string, unknown>;
      const before = old === undefined ? undefined : withDefaults(schema, old);
      const shape = [
        ...metadataErrors(filled['metadata']),
        ...unknownFields(schema, { ...filled, metadata: {} }),
        ...check.structure({ ...filled, metadata: {} }, unchangedPointers(schema, filled, before)),
        // The API server tells of repetitions only where there were none at all before.
        ...(duplicates(schema, before).length > 0 ? [] : duplicates(schema, filled)),
      ];
      const errors = shape.some(isBlocking) ? shape : [...shape, ...check.rules(filled, before)];
      const [first, ...others] = errors;
      return first === undefined ? { object: filled } : { errors: [first, ...others] };
    },
  };
}

function unknownKind(object: unknown, kinds: readonly string[]): FieldError {
  if (!isObject(object)) return invalid('<nil>', object, 'an object with apiVersion and kind was expected');
  return invalid(
    'kind',
    object['kind'],
    `no resource of this kind in ${JSON.stringify(object['apiVersion'] ?? '')}; there are ${kinds.join(', ')}`,
  );
}
