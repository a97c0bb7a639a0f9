import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface TiedProgram {
  command: string;
  args: readonly string[];
}

/**
 * Runs a program that ends with this process however that ends, or when the channel to it is closed by `disconnect`.
 * Its output is that of what is returned, and its exit code, too; a `message` tells the code of why it cannot be run.
 */
export function startTied(program: TiedProgram, env: NodeJS.ProcessEnv): ChildProcess {
  // From the built tree the process runs a `.js`, from the sources a `.ts`: the same ending as this file's.
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  const child = fork(fileURLToPath(new URL(`./tied-process${ending}`, import.meta.url)), [], {
    env,
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  // A message to a process that just ended fails after its exit was told.
  child.send(program, () => {});
  return child;
}
