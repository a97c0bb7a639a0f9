import type { StructuralSchema } from '../../crds/schema.ts';
import type { Case } from './corpus.ts';
import { describeSteps, errorPath, locate, type Place, places, replaced, valueAt } from './places.ts';
import { failing, lengthened } from './strings.ts';

/** What one constraint of a schema needs: objects at the bound and beyond it. An enum value needs only the former. */
export interface Probe {
  /** Such as `spec.models[].name maxLength`. */
  constraint: string;
  accept: Case[];
  reject: Case[];
}

type Values = { accept?: unknown[]; reject?: unknown[]; message: string };

/**
 * The accepting and rejecting objects of every bound, enum, type, required field and list type of a schema, made by
 * changing one place of the hand-written accepted objects. A place that none of these has yields a probe without cases.
 */
export function mechanicalProbes(schema: StructuralSchema, bases: readonly Case[]): Probe[] {
  return places(schema)
    .filter(({ steps }) => steps.length > 0)
    .flatMap((place) => probesOf(place, bases));
}

function probesOf(place: Place, bases: readonly Case[]): Probe[] {
  const { schema, steps } = place;
  const where = describeSteps(steps);
  const found = bases.flatMap((base) => locate(base.object, steps).map((keys) => ({ base, keys })));
  const [first] = found;
  if (first === undefined) {
    return Object.keys(constraintsOf(schema, undefined)).map((keyword) => ({
      constraint: `${where} ${keyword}`,
      accept: [],
      reject: [],
    }));
  }
  const { base, keys } = first;
  const subresource = steps[0] === 'status' ? 'status' : 'spec';
  const current = valueAt(base.object, keys);
  const probes = Object.entries(constraintsOf(schema, current)).map(
    ([keyword, { accept, reject, message }]): Probe => {
      const constraint = `${where} ${keyword}`;
      const make = (value: unknown, rejected: boolean, index: number): Case => ({
        name: `${constraint} ${rejected ? 'beyond' : 'within'} ${index}`,
        object: replaced(base.object, keys, value),
        errors: rejected ? [{ path: errorPath(keys) + suffix(keyword, value), message }] : [],
        subresource,
      });
      return {
        constraint,
        accept: (accept ?? [current]).map((value, index) => make(value, false, index)),
        reject: (reject ?? []).map((value, index) => make(value, true, index)),
      };
    },
  );
  const values = (schema.enum ?? []).map((value): Probe => {
    const holder = found.find((candidate) => valueAt(candidate.base.object, candidate.keys) === value);
    const name = `${where} enum value ${String(value)}`;
    const object = holder?.base.object ?? replaced(base.object, keys, value);
    return { constraint: name, accept: [{ name, object, errors: [], subresource }], reject: [] };
  });
  return [...probes, ...values];
}

/** Some errors are told at a child of the changed place. */
function suffix(keyword: string, value: unknown): string {
  if (keyword === 'unknown field') return '.notAField';
  if (keyword.startsWith('required ')) return `.${keyword.slice('required '.length)}`;
  return keyword === 'list type' ? `[${(value as unknown[]).length - 1}]` : '';
}

function constraintsOf(schema: StructuralSchema, current: unknown): Record<string, Values> {
  const out: Record<string, Values> = {
    type: { reject: [wrongType(schema)], message: `must be of type ${namedType(schema)}` },
  };
  if (schema.enum !== undefined) {
    const bogus = schema.type === 'string' ? 'NotAValue' : 7;
    out['enum'] = { reject: [bogus], message: 'Unsupported value' };
  } else if (schema.type === 'string') {
    stringBounds(schema, String(current ?? ''), out);
  }
  if (schema.minimum !== undefined) {
    const { minimum } = schema;
    out['minimum'] = {
      accept: [minimum],
      reject: [minimum - 1],
      message: `greater than or equal to ${minimum}`,
    };
  }
  if (schema.maximum !== undefined) {
    const { maximum } = schema;
    out['maximum'] = {
      accept: [maximum],
      reject: [maximum + 1],
      message: `less than or equal to ${maximum}`,
    };
  }
  if (schema.type === 'array') listBounds(schema, (current ?? []) as unknown[], out);
  if (schema.type === 'object') objectBounds(schema, (current ?? {}) as Record<string, unknown>, out);
  return out;
}

function wrongType(schema: StructuralSchema): unknown {
  return schema.type === 'string'
    ? 17
    : schema.type === 'array'
      ? 'text'
      : schema.type === 'object'
        ? ['text']
        : 'text';
}

/** What the error for a wrong type calls the right one: a format of strings by its name. */
const namedType = ({ type, format }: StructuralSchema): string | undefined =>
  type === 'string' ? (format ?? type) : type;

function stringBounds(schema: StructuralSchema, current: string, out: Record<string, Values>): void {
  const { minLength, maxLength, pattern } = schema;
  if (maxLength !== undefined) {
    const longest = lengthened(current, maxLength, schema);
    const accept = longest === undefined ? {} : { accept: [longest] };
    out['maxLength'] = {
      ...accept,
      reject: ['a'.repeat(maxLength + 1)],
      message: `may not be more than ${maxLength}`,
    };
  }
  if (minLength !== undefined && minLength > 0) {
    const shortest = lengthened(current, minLength, schema);
    const accept = shortest === undefined ? {} : { accept: [shortest] };
    out['minLength'] = {
      ...accept,
      reject: ['a'.repeat(minLength - 1)],
      message: `at least ${minLength} chars`,
    };
  }
  if (pattern !== undefined) out['pattern'] = { reject: [failing(schema)], message: 'should match' };
  if (schema.format !== undefined)
    out['format'] = { reject: ['not one'], message: `must be of type ${schema.format}` };
}

function listBounds(schema: StructuralSchema, current: unknown[], out: Record<string, Values>): void {
  const { maxItems, minItems } = schema;
  const listType = schema['x-kubernetes-list-type'];
  const first = minimal(schema, current[0]);
  const many = (count: number): unknown[] =>
    Array.from({ length: count }, (_, index) => (index === 0 ? current[0] : numbered(first, index, schema)));
  if (maxItems !== undefined) {
    const full = schema.items?.enum === undefined ? { accept: [many(maxItems)] } : {};
    out['maxItems'] = {
      ...full,
      reject: [many(maxItems + 1)],
      message: `must have at most ${maxItems} items`,
    };
  }
  if (minItems !== undefined && minItems > 0) {
    out['minItems'] = {
      accept: [current.slice(0, minItems)],
      reject: [[]],
      message: `at least ${minItems} items`,
    };
  }
  if (listType === 'set' || listType === 'map') {
    out['list type'] = { reject: [[...current, current[0]]], message: 'Duplicate value' };
  }
}

/** An item with nothing but what it must have, so that copies of it do not collide elsewhere. */
function minimal(schema: StructuralSchema, item: unknown): unknown {
  const { required, properties } = schema.items ?? {};
  if (properties === undefined || item === undefined) return item;
  const source = item as Record<string, unknown>;
  const union =
    typeof source['kind'] === 'string' ? source['kind'].replace(/^./, (c) => c.toLowerCase()) : '';
  return Object.fromEntries(
    [...(required ?? []), union].flatMap((key) => (key in source ? [[key, source[key]]] : [])),
  );
}

function numbered(item: unknown, index: number, schema: StructuralSchema): unknown {
  if (typeof item === 'string') return schema.items?.pattern?.includes('a-f') ? item : `n${index}`;
  const [key] = schema['x-kubernetes-list-map-keys'] ?? [];
  return key === undefined
    ? item
    : { ...(item as object), [key]: key === 'type' ? `N${index}` : `n${index}` };
}

function objectBounds(
  schema: StructuralSchema,
  current: Record<string, unknown>,
  out: Record<string, Values>,
): void {
  if (schema.properties !== undefined) {
    out['unknown field'] = { reject: [{ ...current, notAField: 1 }], message: 'unknown field' };
  }
  for (const name of schema.required ?? []) {
    const { [name]: _left, ...others } = current;
    out[`required ${name}`] = { reject: [others], message: 'Required value' };
  }
  if (schema.minProperties !== undefined) {
    out['minProperties'] = { reject: [{}], message: `at least ${schema.minProperties} properties` };
  }
  if (schema.maxProperties !== undefined) {
    const value = Object.values(current)[0];
    const names = permittedKeys(schema);
    const many = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [names[index] ?? `k${index}`, value]));
    const { maxProperties } = schema;
    out['maxProperties'] = {
      accept: [many(maxProperties)],
      reject: [many(maxProperties + 1)],
      message: `must have at most ${maxProperties} items`,
    };
  }
}

/** The keys that a rule of the map lists, if one does. */
function permittedKeys(schema: StructuralSchema): string[] {
  const rule = (schema['x-kubernetes-validations'] ?? []).find((candidate) =>
    candidate.rule.includes('key in ['),
  );
  return [...(rule?.rule ?? '').matchAll(/'([^']+)'/g)].map(([, name]) => name!);
}
