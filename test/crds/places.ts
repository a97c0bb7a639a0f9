import type { StructuralSchema } from '../../crds/schema.ts';

/** A step down a schema: a field, any item of a list, any value of a map. */
export type Step = string | typeof ITEM | typeof VALUE;
export const ITEM = Symbol('item');
export const VALUE = Symbol('value');

/** A node of a schema and the steps to it. */
export interface Place {
  schema: StructuralSchema;
  steps: readonly Step[];
}

/** Every node of a schema below its root that our own files describe. */
export function places(schema: StructuralSchema, steps: readonly Step[] = []): Place[] {
  const top = steps.length === 0;
  const below = Object.entries(schema.properties ?? {})
    .filter(([name]) => !top || name === 'spec' || name === 'status')
    .flatMap(([name, child]) => places(child, [...steps, name]));
  if (schema.items !== undefined) below.push(...places(schema.items, [...steps, ITEM]));
  if (schema.additionalProperties !== undefined) {
    below.push(...places(schema.additionalProperties, [...steps, VALUE]));
  }
  return [{ schema, steps }, ...below];
}

export const describeSteps = (steps: readonly Step[]): string =>
  steps
    .map((step) => (step === ITEM ? '[]' : `.${step === VALUE ? '*' : String(step)}`))
    .join('')
    .replace(/^\./, '') || '<root>';

type Key = string | number;

/** The concrete paths of all values that the steps lead to. */
export function locate(object: unknown, steps: readonly Step[]): Key[][] {
  const [step, ...rest] = steps;
  if (object === undefined) return [];
  if (step === undefined) return [[]];
  if (object === null || typeof object !== 'object') return [];
  const keys: Key[] =
    typeof step === 'string' ? [step] : Array.isArray(object) ? [...object.keys()] : Object.keys(object);
  return keys.flatMap((key) =>
    locate((object as Record<Key, unknown>)[key], rest).map((below) => [key, ...below]),
  );
}

export function valueAt(object: unknown, keys: readonly Key[]): unknown {
  return keys.reduce<unknown>((at, key) => (at as Record<Key, unknown> | undefined)?.[key], object);
}

/** A copy with another value at a path; `undefined` removes it. */
export function replaced(
  object: Record<string, unknown>,
  keys: readonly Key[],
  value: unknown,
): Record<string, unknown> {
  const copy = structuredClone(object);
  const last = keys.at(-1)!;
  const parent = valueAt(copy, keys.slice(0, -1)) as Record<Key, unknown>;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

/** The path as errors of structure spell it. */
export function errorPath(keys: readonly Key[]): string {
  const text = keys.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  return text.replace(/^\./, '');
}
