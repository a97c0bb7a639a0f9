import type { StructuralSchema, ValidationRule } from '../../crds/schema.ts';
import { type KindSchema, resolved } from '../../operator/domain/mapping/kind-schema.ts';
import { camelCase, pascalCase } from '../../operator/domain/mapping/names.ts';

const KEPT = ['minimum', 'maximum', 'minLength', 'maxLength', 'pattern', 'minItems', 'maxItems'] as const;
const PROPERTY_BOUNDS = ['minProperties', 'maxProperties'] as const;
const KNOWN = new Set<string>([
  ...KEPT,
  ...PROPERTY_BOUNDS,
  ...['$schema', '$id', '$ref', '$defs', '$comment', 'title', 'description', 'type', 'format', 'const'],
  ...[
    'default',
    'enum',
    'required',
    'properties',
    'additionalProperties',
    'propertyNames',
    'items',
    'uniqueItems',
  ],
]);

/**
 * The schema of a kind's settings as a member of the CRD union: camelCase names, PascalCase enum values, list types.
 * Defaults stay in the kind's schema: a setting left open in a resource can still be filled by a template.
 *
 * @throws Error that names the path of whatever a CRD cannot say or that is unbounded or undescribed
 */
export function toMember(schema: KindSchema, kind: string): StructuralSchema {
  const names = spellings(schema);
  return respell({ title: `${pascalCase(kind)}Settings`, ...convert(schema, schema, kind) }, names);
}

/** How names of properties and enum values that descriptions quote are spelt in a resource. */
function spellings(schema: KindSchema, into: Map<string, string> = new Map()): Map<string, string> {
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    into.set(name, camelCase(name));
    spellings(child, into);
  }
  if (schema.items !== undefined) spellings(schema.items, into);
  if (typeof schema.additionalProperties === 'object') spellings(schema.additionalProperties, into);
  for (const child of Object.values(schema.$defs ?? {})) spellings(child, into);
  for (const value of schema.enum ?? []) {
    const name = String(value);
    if (!into.has(name)) into.set(name, pascalCase(name));
  }
  return into;
}

function respell(schema: StructuralSchema, names: ReadonlyMap<string, string>): StructuralSchema {
  const { description, properties, items, additionalProperties, ...rest } = schema;
  return {
    ...rest,
    ...(description === undefined
      ? {}
      : {
          description: description.replaceAll(/`([a-z_]+)`/g, (quoted, name) => {
            const spelt = names.get(name);
            return spelt === undefined ? quoted : `\`${spelt}\``;
          }),
        }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, child]) => [name, respell(child, names)]),
          ),
        }),
    ...(items === undefined ? {} : { items: respell(items, names) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: respell(additionalProperties, names) }),
  };
}

function convert(node: KindSchema, root: KindSchema, path: string): StructuralSchema {
  const schema = resolved(node, root);
  const fail = (what: string): never => {
    throw new Error(`schema of ${path}: ${what}`);
  };
  for (const keyword of Object.keys(schema)) {
    if (!KNOWN.has(keyword) && !keyword.startsWith('x-')) fail(`a CRD cannot express "${keyword}"`);
  }
  const description = schema.description ?? fail('it has no description');
  const out: StructuralSchema = { description: describe(description, schema) };
  for (const keyword of KEPT) {
    const value = schema[keyword];
    if (value !== undefined) Object.assign(out, { [keyword]: value });
  }
  switch (schema.type) {
    case 'object':
      return { ...out, type: 'object', ...objectParts(schema, root, path, fail) };
    case 'array':
      return { ...out, type: 'array', ...arrayParts(schema, root, path, fail) };
    case 'string': {
      const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
      if (values !== undefined)
        return { ...out, type: 'string', enum: values.map((value) => pascalCase(String(value))) };
      if (schema.maxLength === undefined) fail('it has no maxLength');
      return { ...out, type: 'string', ...(schema.format === 'date-time' ? { format: 'date-time' } : {}) };
    }
    case 'integer':
      if (schema.minimum === undefined || schema.maximum === undefined)
        fail('it has no minimum or no maximum');
      return {
        ...out,
        type: 'integer',
        format: schema.maximum! > 2 ** 31 - 1 ? 'int64' : 'int32',
        ...(schema.enum === undefined ? {} : { enum: schema.enum }),
      };
    case 'boolean':
      return { ...out, type: 'boolean' };
    default:
      return fail(`type ${JSON.stringify(schema.type)} has no place in a CRD`);
  }
}

/** The default is part of the description, since the CRD does not apply it. */
function describe(description: string, schema: KindSchema): string {
  const value = schema.default;
  if (value === undefined || (typeof value === 'object' && value !== null)) return description;
  const shown = schema.enum === undefined ? JSON.stringify(value) : pascalCase(String(value));
  return `${description.replace(/\.?$/, '.')} \`${shown}\` where nothing says otherwise.`;
}

type Fail = (what: string) => never;

function objectParts(schema: KindSchema, root: KindSchema, path: string, fail: Fail): StructuralSchema {
  if (typeof schema.additionalProperties === 'object') {
    if (schema.properties !== undefined) fail('a CRD cannot mix properties and additionalProperties');
    if (schema.maxProperties === undefined) fail('it has no maxProperties');
    const rules = keyRules(schema.propertyNames, fail);
    return {
      ...(schema.minProperties === undefined ? {} : { minProperties: schema.minProperties }),
      ...(schema.maxProperties === undefined ? {} : { maxProperties: schema.maxProperties }),
      additionalProperties: convert(schema.additionalProperties, root, `${path}.*`),
      ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
    };
  }
  if (schema.additionalProperties !== false) fail('additionalProperties must be false or a schema');
  const properties: Record<string, StructuralSchema> = {};
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    const converted = camelCase(name);
    if (properties[converted] !== undefined) fail(`two properties become ${converted}`);
    properties[converted] = convert(child, root, `${path}.${name}`);
  }
  return {
    ...(schema.minProperties === undefined ? {} : { minProperties: schema.minProperties }),
    ...(schema.required === undefined ? {} : { required: schema.required.map(camelCase) }),
    properties,
  };
}

/** A CRD has no `propertyNames`: bounds of data keys become CEL rules. */
function keyRules(names: KindSchema | undefined, fail: Fail): ValidationRule[] {
  if (names === undefined) return [];
  const rules: ValidationRule[] = [];
  if (names.enum !== undefined) {
    const list = names.enum.map((value) => `'${String(value)}'`).join(', ');
    rules.push({ rule: `self.all(key, key in [${list}])`, message: `keys must be among ${list}` });
  }
  if (names.maxLength !== undefined) {
    rules.push({
      rule: `self.all(key, size(key) <= ${names.maxLength})`,
      message: `a key must have at most ${names.maxLength} characters`,
    });
  }
  if (names.minLength !== undefined && names.pattern === undefined) {
    rules.push({
      rule: `self.all(key, size(key) >= ${names.minLength})`,
      message: `a key must have at least ${names.minLength} characters`,
    });
  }
  if (names.pattern !== undefined) {
    if (names.pattern.includes("'")) fail('the pattern of its keys holds a quote');
    rules.push({
      rule: `self.all(key, key.matches(r'${names.pattern}'))`,
      message: `a key must match ${names.pattern}`,
    });
  }
  return rules;
}

function arrayParts(schema: KindSchema, root: KindSchema, path: string, fail: Fail): StructuralSchema {
  if (schema.maxItems === undefined) fail('it has no maxItems');
  const items = convert(schema.items ?? fail('it has no items'), root, `${path}[]`);
  const keyed = items.type === 'object' && items.required?.includes('name');
  if (keyed) return { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items };
  return {
    'x-kubernetes-list-type': schema.uniqueItems === true && items.type !== 'object' ? 'set' : 'atomic',
    items,
  };
}
