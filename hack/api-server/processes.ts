import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

export interface Process {
  pid: number;
  /** The command and its arguments. Where the system shows only one line, it is cut at spaces. */
  args: string[];
}

/** Every process that can be seen. */
export function processes(): Process[] {
  return existsSync('/proc/self/cmdline') ? fromProc() : fromPs();
}

function fromProc(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').slice(0, -1);
        return [{ pid: Number(name), args }];
      } catch {
        return []; // It ended meanwhile.
      }
    });
}

function fromPs(): Process[] {
  return execFileSync('ps', ['-axww', '-o', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([pid]) => pid !== '')
    .map(([pid, ...args]) => ({ pid: Number(pid), args }));
}
