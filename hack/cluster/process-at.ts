import { readFileSync } from 'node:fs';

/**
 * The parent of a process, and when it started, in ticks: that tells it from a later one of the same id. Null for one that
 * has ended. Fields 4 and 22 of proc(5) `stat`; the second field may hold blanks and parentheses.
 */
export function processAt(pid: number): { parent: number; start: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : { parent: Number(parent), start: fields[17]! };
  } catch {
    return null;
  }
}
