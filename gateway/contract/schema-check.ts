import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { DocPath } from './doc-path.ts';
import type { KindContract } from './kind-contract.ts';
import documentSchema from './policy-config.schema.json' with { type: 'json' };
import type { Findings } from './problem.ts';
import { addSchemaFindings } from './schema-findings.ts';

let document: ValidateFunction | undefined;
const settings = new WeakMap<KindContract, ValidateFunction>();

/** Checks the document against its schema and fills in the defaults that the schema states, in place. */
export function checkDocument(value: unknown, findings: Findings): void {
  document ??= compile(documentSchema, true);
  if (!document(value)) addSchemaFindings(document.errors ?? [], value, [], findings);
}

/** Checks the settings of one kind and fills in its defaults, in place. @returns whether they are valid */
export function checkSettings(
  kind: KindContract,
  value: unknown,
  base: DocPath,
  findings: Findings,
): boolean {
  const validate = settingsValidator(kind);
  if (validate(value)) return true;
  addSchemaFindings(validate.errors ?? [], value, base, findings);
  return false;
}

/** Whether the kind can be chained without a word: every field is optional or has a default. */
export function needsNoSettings(kind: KindContract): boolean {
  return settingsValidator(kind)({});
}

function settingsValidator(kind: KindContract): ValidateFunction {
  let validate = settings.get(kind);
  if (validate === undefined) {
    validate = compile(kind.schema, false);
    settings.set(kind, validate);
  }
  return validate;
}

/** The dialect and the address of a schema do not matter here, and two schemas may share them. */
function compile(schema: object, strict: boolean): ValidateFunction {
  const { $schema: _dialect, $id: _address, ...rest } = schema as Record<string, unknown>;
  const ajv = new Ajv2020({
    allErrors: true,
    verbose: true,
    useDefaults: true,
    strict,
    validateFormats: false,
    // Tests check the schemas; compiling the schema of schemas would take longer than all of ours.
    validateSchema: false,
  });
  return ajv.compile(rest);
}
