import { after, type Match, splitsPair } from './finder.ts';

/** Search and reach by V8's own engine. The sources must have been found safe. */
export function v8Search(source: string, flags: string): (text: string, from: number) => Match | null {
  const unicode = flags.includes('u');
  // With /u, V8 begins an end-anchored search too late where a character has two units: nothing is anchored beside `[]`.
  const regex = new RegExp(unicode && source.includes('$') ? `${source}|[]` : source, `g${flags}`);
  return (text, from) => {
    for (let at = from; at <= text.length; ) {
      regex.lastIndex = at;
      const found = regex.exec(text);
      if (found === null) return null;
      const length = found[0].length;
      // Behind an assertion, V8 tries the middle of a character too, which is no place of a match.
      const inside = unicode && splitsPair(text, found.index);
      if (length > 0 && !inside) return { start: found.index, end: found.index + length, groups: found };
      at = after(text, found.index);
    }
    return null;
  };
}

export function v8Reach(source: string, flags: string): (text: string, from: number) => number {
  const regex = new RegExp(source, `g${flags}`);
  return (text, from) => {
    if (from >= text.length) return text.length;
    regex.lastIndex = from;
    return regex.exec(text)?.index ?? text.length;
  };
}
