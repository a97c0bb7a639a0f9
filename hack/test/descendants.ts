import { execFileSync } from 'node:child_process';

/** Ids of the processes that a process started, and of those that they started; empty where there is no `ps`. */
export function descendantsOf(pid: number): number[] {
  let rows: number[][];
  try {
    const table = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
    rows = table.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  } catch {
    return [];
  }
  const below = (parent: number): number[] =>
    rows.filter((row) => row[1] === parent).flatMap(([child]) => [child!, ...below(child!)]);
  return below(pid);
}
