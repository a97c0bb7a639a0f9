import { operatorOptions, operatorProgram } from './options.ts';
import { runOperator } from './run.ts';

const program = operatorProgram().parse();
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A second signal does not wait for anything.
    if (stop.signal.aborted) process.exit(1);
    stop.abort(signal);
  });
}

try {
  await runOperator(operatorOptions(program, process.env), {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    stop: stop.signal,
    exit: (code) => process.exit(code),
  });
  process.exit(0);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
