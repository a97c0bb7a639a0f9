/** Values as the API server, a Go program, writes them into its messages. */

/** A string quoted, a number as it is read, anything larger as JSON. */
export function goText(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return isInt64(value) ? BigInt(value).toString() : goFloat(value);
  return goJson(value);
}

/** JSON as Go writes it, safe within HTML. */
export function goJson(value: unknown): string {
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return (JSON.stringify(value) ?? 'null').replace(/[<>&\u2028\u2029]/g, escaped);
}

/** Whether the API server reads the number as an integer; if not, it is a float, whatever the schema says. */
export function isInt64(value: number): boolean {
  return Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;
}

/** In the shortest form: with an exponent below 1e-4 and from a million on. */
export function goFloat(value: number): string {
  const [digits, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** Go escapes what is not printable, also beyond ASCII; JSON does not. */
function quoted(text: string): string {
  const escaped = text.replace(/["\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (char) => {
    const code = char.codePointAt(0)!;
    if (ESCAPES[char] !== undefined) return ESCAPES[char];
    if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code < 0x1_0000
      ? `\\u${code.toString(16).padStart(4, '0')}`
      : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `"${escaped}"`;
}
