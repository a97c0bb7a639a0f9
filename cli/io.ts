/** What a command may touch of its surroundings; `main.ts` makes the real one, tests make their own. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** True when a person looks at the output. */
  readonly isTerminal: boolean;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  /** Calls back when the process ends, however that comes. */
  onEnd(close: () => void): void;
  /** Ends the process at once, whatever is under way. */
  exit(code: number): void;
}

/** A failure that is said in one line, without a stack. `exitCode` follows `docs/reference/cli.md`. */
export class CliError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
