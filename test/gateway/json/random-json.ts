/** Writes a JSON value with random spacing and random escapes; `dice` gives whole numbers from 0. */
export function writeRandomly(value: unknown, dice: () => number): string {
  const space = (): string => ['', '', ' ', '\n', '\t \r\n'][dice() % 5]!;
  if (typeof value === 'string') return writeString(value, dice);
  if (value === null || typeof value !== 'object') return space() + writeScalar(value) + space();
  if (Array.isArray(value)) {
    const items = value.map((item) => space() + writeRandomly(item, dice) + space());
    return `[${items.join(',') || space()}]`;
  }
  const members = Object.entries(value).map(
    ([key, item]) => `${space()}${writeString(key, dice)}${space()}:${space()}${writeRandomly(item, dice)}`,
  );
  return `{${members.join(',') || space()}}${space()}`;
}

/** A number, a truth value or null; the sign of a zero, which `JSON.stringify` drops, too. */
export function writeScalar(value: unknown): string {
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

/** A string literal in which any character may be escaped. */
export function writeString(value: string, dice: () => number): string {
  let out = '';
  for (const char of value) {
    const must = JSON.stringify(char) !== `"${char}"`;
    if (must || dice() % 6 === 0) out += char.split('').map(escapeUnit).join('');
    else out += char === '/' && dice() % 2 === 0 ? '\\/' : char;
  }
  return `"${out}"`;
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
