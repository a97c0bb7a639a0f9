/** Whether a UTF-16 unit belongs to a word: letters, digits and `_` of the scripts of the basic plane. */
export function isWordUnit(unit: number): boolean {
  if (unit < 0x80) {
    return (
      (unit >= 0x61 && unit <= 0x7a) ||
      (unit >= 0x41 && unit <= 0x5a) ||
      (unit >= 0x30 && unit <= 0x39) ||
      unit === 0x5f
    );
  }
  return /[\p{L}\p{N}\p{M}]/u.test(String.fromCharCode(unit));
}

/** The first word that begins at or after `from`; `text.length` where none does. */
export function nextWord(text: string, from: number): number {
  let inside = from > 0 && isWordUnit(text.charCodeAt(from - 1));
  for (let index = from; index < text.length; index += 1) {
    const word = isWordUnit(text.charCodeAt(index));
    if (word && !inside) return index;
    inside = word;
  }
  return text.length;
}
