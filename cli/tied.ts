import { type ChildProcess, fork } from 'node:child_process';
import { programBeside } from '../gateway/contract/helper-process.ts';

export interface TiedProgram {
  command: string;
  args: readonly string[];
}

/**
 * Runs a program that ends with this process however that ends, or when the channel to it is closed by `disconnect`.
 * Its output is that of what is returned, and its exit code, too; a `message` tells the code of why it cannot be run.
 */
export function startTied(program: TiedProgram, env: NodeJS.ProcessEnv): ChildProcess {
  const child = fork(programBeside(import.meta.url, 'tied-process'), [], {
    env,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // A message to a process that just ended fails after its exit was told.
  child.send(program, () => {});
  return child;
}
