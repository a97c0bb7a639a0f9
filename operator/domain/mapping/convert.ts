import { type KindSchema, resolved } from './kind-schema.ts';
import { camelCase, pascalCase } from './names.ts';

/** Turns one value of a schema from the document's spelling into the resource's, and back. */
export interface Converter {
  toResource(value: unknown): unknown;
  toDocument(value: unknown): unknown;
}

/** A value that its schema has no place for. Validation comes first, so this is a fault of the caller. */
export class MappingError extends Error {
  constructor(path: string, what: string) {
    super(`${path}: ${what}`);
    this.name = 'MappingError';
  }
}

const unchanged: Converter = { toResource: (value) => value, toDocument: (value) => value };

/**
 * Compiles the converter of a settings schema. Names of properties and values of string enums convert. Keys of maps
 * (headers, tools, models, marker types) and all other values are data and stay as they are.
 *
 * @throws MappingError for a schema in which two names become one
 */
export function converterOf(schema: KindSchema, path: string, root: KindSchema = schema): Converter {
  const node = resolved(schema, root);
  const values = node.enum ?? (node.const === undefined ? undefined : [node.const]);
  if (values?.every((value) => typeof value === 'string')) return enumConverter(values, path);
  if (node.items !== undefined) {
    const item = converterOf(node.items, `${path}[]`, root);
    return both((direction) => (value) => (Array.isArray(value) ? value.map(item[direction]) : value));
  }
  if (node.properties !== undefined) return objectConverter(node.properties, path, root);
  if (typeof node.additionalProperties === 'object') {
    const child = converterOf(node.additionalProperties, `${path}.*`, root);
    return both(
      (direction) => (value) =>
        isObject(value)
          ? Object.fromEntries(sorted(value).map(([key, data]) => [key, child[direction](data)]))
          : value,
    );
  }
  return unchanged;
}

function objectConverter(properties: Record<string, KindSchema>, path: string, root: KindSchema): Converter {
  const children = Object.entries(properties).map(([name, child]) => ({
    toResource: camelCase(name),
    toDocument: name,
    converter: converterOf(child, `${path}.${name}`, root),
  }));
  const known = {
    toResource: new Set(children.map((child) => child.toDocument)),
    toDocument: new Set(children.map((child) => child.toResource)),
  };
  if (known.toDocument.size < children.length)
    throw new MappingError(path, 'two properties get the same name');
  const source = { toResource: 'toDocument', toDocument: 'toResource' } as const;
  // In the order of the schema: the order of members in a file must not show, and an API server does not keep it.
  return both((direction) => (value) => {
    if (!isObject(value)) return value;
    const stray = Object.keys(value).find((name) => !known[direction].has(name));
    if (stray !== undefined) throw new MappingError(path, `it has no field ${stray}`);
    return Object.fromEntries(
      children
        .filter((child) => Object.hasOwn(value, child[source[direction]]))
        .map((child) => [child[direction], child.converter[direction](value[child[source[direction]]])]),
    );
  });
}

function enumConverter(values: readonly string[], path: string): Converter {
  const tables = {
    toResource: new Map(values.map((value) => [value, pascalCase(value)])),
    toDocument: new Map(values.map((value) => [pascalCase(value), value])),
  };
  if (tables.toDocument.size < values.length) throw new MappingError(path, 'two values get the same name');
  return both((direction) => (value) => {
    const found = tables[direction].get(String(value));
    if (found === undefined) throw new MappingError(path, `it has no value ${JSON.stringify(value)}`);
    return found;
  });
}

function both(make: (direction: 'toResource' | 'toDocument') => (value: unknown) => unknown): Converter {
  return { toResource: make('toResource'), toDocument: make('toDocument') };
}

const sorted = (map: Record<string, unknown>): [string, unknown][] =>
  Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
