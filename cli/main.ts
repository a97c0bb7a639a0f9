import { getEventListeners } from 'node:events';
import { StateFolderError } from '../gateway/contract/ensure-folder.ts';
import { CliError, type Io } from './io.ts';
import { createProgram } from './program.ts';

const stop = new AbortController();
let stopping = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // One Ctrl-C comes twice, from the terminal and from the launcher: only a later signal means haste.
    if (stopping !== 0 && Date.now() - stopping > 500) process.exit(130);
    if (stopping === 0) stopping = Date.now();
    stop.abort(signal);
  });
}
// The launcher was killed: nobody is left who would pass a signal on.
process.on('disconnect', () => stop.abort('disconnect'));
process.channel?.unref();
// `kt events list | head` closes the pipe early: that is no failure of ours. What runs until it is stopped ends in order.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (getEventListeners(stop.signal, 'abort').length > 0) stop.abort(error.code);
  else process.exit(error.code === 'EPIPE' ? 0 : 1);
});
// Nobody reads what is wrong any more: there is nobody to tell.
process.stderr.on('error', () => {});

const io: Io = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  now: Date.now,
  isTerminal: process.stdout.isTTY === true,
  stop: stop.signal,
  onEnd: (close) => void process.on('exit', close),
  exit: (code) => process.exit(code),
};

try {
  await createProgram(io).parseAsync(process.argv);
} catch (error) {
  if (error instanceof CliError || error instanceof StateFolderError) {
    if (error.message !== '') io.err(`kt: ${error.message}\n`);
    process.exitCode = error instanceof CliError ? error.exitCode : 1;
  } else {
    io.err(
      `kt: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 70;
  }
}
