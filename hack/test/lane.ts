/**
 * Runs files of tests one after the other, as the process that started it says, and tells what came of each. It leads
 * a process group, so that what its tests started ends with it, and it ends when the other process does.
 */
import { flushCompileCache } from 'node:module';
import { runFile } from './run-file.ts';

export interface Order {
  file: string;
  color: boolean;
}

process.on('message', async ({ file, color }: Order) => {
  process.send!(await runFile(file, color));
});
// A promise that is rejected and that nobody waits for fails the test that runs, or ends this process between two.
process.on('unhandledRejection', (reason) => {
  throw reason;
});
process.on('disconnect', () => {
  flushCompileCache();
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.exit();
  }
});
