import { compileRe2 } from '../contract/re2.ts';
import { after, type Match } from './finder.ts';

/** Search by the linear engine. */
export function re2Search(source: string, flags: string): (text: string, from: number) => Match | null {
  const regex = compileRe2(source, flags);
  const groupCount = regex.groupCount();
  return (text, from) => {
    const matcher = regex.matcher(text);
    for (let at = from; at <= text.length; ) {
      if (!matcher.find(at)) return null;
      const [start, end] = [matcher.start(), matcher.end()];
      if (end > start) {
        const groups: (string | undefined)[] = [];
        for (let index = 0; index <= groupCount; index += 1) groups.push(matcher.group(index) ?? undefined);
        return { start, end, groups };
      }
      at = after(text, start);
    }
    return null;
  };
}

export function re2Reach(source: string, flags: string): (text: string, from: number) => number {
  const regex = compileRe2(source, flags);
  return (text, from) => {
    if (from >= text.length) return text.length;
    const matcher = regex.matcher(text);
    return matcher.find(from) ? matcher.start() : text.length;
  };
}
