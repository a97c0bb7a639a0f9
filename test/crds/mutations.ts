import { valueAt } from './places.ts';

type Key = string | number;

/** Values that stand in for others: of every type, at the edges of integers, empty and long. */
const STRANGERS: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  7,
  1.5,
  3e9,
  1e19,
  '',
  'x',
  'Enforce',
  'https://example.com',
  'a'.repeat(300),
  '"\n\u0001<é',
  [],
  ['a', 'a'],
  [null],
  [['a']],
  [{ name: 'a' }, { name: 'a' }],
  {},
  { a: 1 },
  { name: 'a' },
  [{ name: '<"\u0001' }, { name: '<"\u0001' }],
];

/** A copy in which one to three values of the spec are replaced, removed, moved, repeated or joined by a stranger. */
export function mutated(object: Record<string, unknown>, seed: number): Record<string, unknown> {
  const copy = structuredClone(object);
  const random = numbers(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  // Its own copy: a later change may be made within it.
  const stranger = (): unknown => structuredClone(pick(STRANGERS));
  for (let left = 1 + Math.floor(random() * 3); left > 0; left--) {
    const path = pick(pathsOf(copy['spec'], ['spec']));
    const parent = valueAt(copy, path.slice(0, -1)) as Record<Key, unknown>;
    const key = path.at(-1)!;
    const value = parent[key];
    const kind = random();
    if (kind < 0.1 && path.length > 1) {
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
    } else if (kind < 0.2 && Array.isArray(value)) value.push(structuredClone(value[0] ?? stranger()));
    else if (kind < 0.25 && Array.isArray(value)) value.reverse();
    else if (kind < 0.3 && isRecord(value)) value[pick(['stray', 'name', 'kind', 'mode'])] = stranger();
    else if (kind < 0.4 && Array.isArray(parent)) parent[Number(key)] = structuredClone(pick(parent));
    else parent[key] = stranger();
  }
  return copy;
}

function pathsOf(value: unknown, path: readonly Key[]): Key[][] {
  const below =
    value === null || typeof value !== 'object'
      ? []
      : Object.entries(value).flatMap(([key, child]) =>
          pathsOf(child, [...path, Array.isArray(value) ? Number(key) : key]),
        );
  return [[...path], ...below];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

/** The same numbers from 0 to below 1 for the same seed. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    // Numerical Recipes' generator: the low bits are poor, the high ones are used.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
