import { spawn } from 'node:child_process';
import type { TiedProgram } from './tied.ts';

/**
 * Stands between `kt` and a program that must not outlive it: `kt` may be killed and then ends nothing, but the channel
 * between the two closes with it.
 */
process.once('message', ({ command, args }: TiedProgram) => {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const end = (): void => void child.kill();
  process.once('disconnect', end);
  if (!process.connected) end();
  child.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
    process.off('disconnect', end);
    process.send?.(code, () => process.disconnect?.());
  });
  child.once('exit', (code) => {
    process.off('disconnect', end);
    process.exitCode = code ?? 1;
    process.disconnect?.();
  });
});
