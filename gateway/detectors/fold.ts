/**
 * One UTF-16 unit without regard to case, and every kind of white space as one. Never changes how many units there are,
 * so that indices in the folded text are indices in the text.
 */
export function foldUnit(unit: number): number {
  if (unit < 0x80) {
    if (unit >= 0x41 && unit <= 0x5a) return unit + 32;
    return unit >= 9 && unit <= 13 ? 32 : unit;
  }
  if (unit === 0xa0 || unit === 0x202f || unit === 0x2009) return 32;
  const lower = String.fromCharCode(unit).toLowerCase();
  return lower.length === 1 ? lower.charCodeAt(0) : unit;
}

export function foldText(text: string): string {
  let out = '';
  for (let index = 0; index < text.length; index += 1) {
    out += String.fromCharCode(foldUnit(text.charCodeAt(index)));
  }
  return out;
}
