import { type ChildProcess, fork } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The path of a program that lies beside a module: from the built tree a `.js`, from the sources a `.ts`, as the module.
 * @param url of the module
 */
export function programBeside(url: string, name: string): string {
  return fileURLToPath(new URL(`./${name}${url.slice(url.lastIndexOf('.'))}`, url));
}

/**
 * Starts a program that works for this process by messages, and does not keep it from ending. Neither the environment nor
 * the output is handed on: faults come as an exit. It finds compiled code where we do, which saves most of its start.
 * @param heapMb of its objects, at most
 */
export function startHelper(program: string, heapMb: number): ChildProcess {
  const cache = getCompileCacheDir();
  const child = fork(program, [], {
    // Portable, since an image brings compiled code that was made in another folder.
    env: cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache), NODE_COMPILE_CACHE_PORTABLE: '1' },
    execArgv: [`--max-old-space-size=${heapMb}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  // A message to a process that just ended fails after its exit was told, when nobody else listens any more.
  child.on('error', () => undefined);
  child.unref();
  child.channel?.unref();
  return child;
}
