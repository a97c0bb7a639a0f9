/** A piece of a replacement: text as it stands, or a capture group by number or by name. */
export type Piece = string | number | { readonly name: string };

/** Reads `$1` to `$99`, `$<name>`, `$&` and `$$`; any other dollar sign stands for itself. */
export function parseTemplate(replacement: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const found of replacement.matchAll(/\$(?:\$|&|(\d{1,2})|<(\w+)>)/g)) {
    if (found.index > at) pieces.push(replacement.slice(at, found.index));
    const [whole, digits, name] = found;
    if (digits !== undefined) pieces.push(Number(digits));
    else if (name !== undefined) pieces.push({ name });
    else pieces.push(whole === '$&' ? 0 : '$');
    at = found.index + whole.length;
  }
  if (at < replacement.length) pieces.push(replacement.slice(at));
  return pieces;
}

/** Writes a replacement. A group that took no part in the match is empty. */
export function expand(
  pieces: readonly Piece[],
  groups: readonly (string | undefined)[],
  names: Readonly<Record<string, number>>,
): string {
  let out = '';
  for (const piece of pieces) {
    if (typeof piece === 'string') out += piece;
    else out += groups[typeof piece === 'number' ? piece : (names[piece.name] ?? -1)] ?? '';
  }
  return out;
}
