import type { StructuralSchema } from '../../crds/schema.ts';

const matches = (schema: StructuralSchema, text: string): boolean =>
  schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(text);

/** A string of that length that the pattern takes, or undefined where the pattern allows none. */
export function lengthened(current: string, length: number, schema: StructuralSchema): string | undefined {
  const digits = `${'123456'.slice(0, Math.max(1, length - 10))}.${'1'.repeat(9)}`.slice(0, length);
  const candidates = [
    current.slice(0, length).padEnd(length, current.at(-1) ?? 'a'),
    'a'.repeat(length),
    'A'.repeat(length),
    '1'.repeat(length),
    digits,
  ];
  return candidates.find(
    (text) => text.length === length && schema.format === undefined && matches(schema, text),
  );
}

/** A string within the length bounds that the pattern refuses. */
export function failing(schema: StructuralSchema): string {
  const { minLength = 0, maxLength = 64 } = schema;
  const length = Math.max(1, Math.min(minLength, maxLength));
  const found = ['!', ' ', '\u0001', '-', 'é', 'A', 'a', '\n']
    .map((char) => char.repeat(length))
    .find((text) => !matches(schema, text));
  if (found === undefined) throw new Error(`no string is refused by ${schema.pattern}`);
  return found;
}
