import { CliError, type Io } from '../../cli/io.ts';
import { createProgram } from '../../cli/program.ts';

export interface Ran {
  out: string;
  err: string;
  exitCode: number;
}

export interface RunOptions {
  env?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  now?: number;
  stop?: AbortSignal;
  onOut?(text: string): void;
}

/** Runs the command line in this process, as `cli/main.ts` does. */
export async function runKt(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const ran: Ran = { out: '', err: '', exitCode: 0 };
  const ends: (() => void)[] = [];
  const io: Io = {
    out: (text) => {
      ran.out += text;
      options.onOut?.(text);
    },
    err: (text) => {
      ran.err += text;
    },
    env: options.env ?? {},
    now: () => options.now ?? Date.now(),
    isTerminal: false,
    onEnd: (close) => void ends.push(close),
    exit: () => undefined,
    stop: options.stop ?? new AbortController().signal,
  };
  try {
    await createProgram(io).parseAsync(['node', 'kt', ...args]);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    if (error.message !== '') ran.err += `kt: ${error.message}\n`;
    ran.exitCode = error.exitCode;
  } finally {
    for (const end of ends) end();
  }
  return ran;
}
