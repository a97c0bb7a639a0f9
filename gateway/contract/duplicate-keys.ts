/**
 * First key that an object of this JSON text says twice, or null. Two readers may take either value, so evidence
 * with such a key proves nothing. The text must be valid JSON.
 */
export function duplicateKey(json: string): string | null {
  /** Keys of each open object; null stands for an array. */
  const open: (Set<string> | null)[] = [];
  let expectKey = false;
  for (let at = 0; at < json.length; at += 1) {
    const char = json.charCodeAt(at);
    if (char === 0x22) {
      const end = endOfString(json, at);
      if (expectKey) {
        const key = keyOf(json, at, end);
        const keys = open.at(-1)!;
        if (keys.has(key)) return key;
        keys.add(key);
        expectKey = false;
      }
      at = end;
    } else if (char === 0x7b) {
      open.push(new Set());
      expectKey = true;
    } else if (char === 0x5b) {
      open.push(null);
      expectKey = false;
    } else if (char === 0x7d || char === 0x5d) {
      open.pop();
      expectKey = false;
    } else if (char === 0x2c) {
      expectKey = open.at(-1) !== null;
    }
  }
  return null;
}

/** Index of the quote that closes the string opened at `at`. */
function endOfString(json: string, at: number): number {
  let end = json.indexOf('"', at + 1);
  for (;;) {
    let slashes = 0;
    while (json.charCodeAt(end - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0 || end < 0) return end < 0 ? json.length : end;
    end = json.indexOf('"', end + 1);
  }
}

function keyOf(json: string, at: number, end: number): string {
  const raw = json.slice(at + 1, end);
  return raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw;
}
