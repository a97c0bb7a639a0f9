import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ChildSpec {
  /** Shown by `ps` in the place of the program's name. */
  title: string;
  /** Program and its first arguments. */
  command: readonly [string, ...string[]];
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  logFile: string;
}

export interface Exit {
  /** How it ended, in words: `exit code 1` or `signal SIGKILL`. */
  how: string;
  code: number | null;
  /** The last lines of its output. */
  lastLines: string[];
}

const MAX_LOG_BYTES = 8 * 1024 * 1024;
/** How much of the output is read again when a process ended. */
const TAIL_BYTES = 16 * 1024;
const LAST_LINES = 20;

/**
 * One process. Its standard input is a pipe that nobody writes to: it ends when this process does, however that
 * happens, and tells the child so. Its output goes straight into a file, so that it can go on writing then. It has
 * its own process group, so that Ctrl-C reaches it through us alone.
 */
export class Child {
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;

  constructor(spec: ChildSpec) {
    const log = openLog(spec.logFile);
    const began = fstatSync(log).size;
    const [program, ...first] = spec.command;
    try {
      this.#process = spawn(program, [...first, ...spec.args], {
        argv0: spec.title,
        env: spec.env,
        cwd: spec.cwd,
        detached: true,
        stdio: ['pipe', log, log],
      });
    } finally {
      closeSync(log);
    }
    // A child that dies while its pipe is being closed must not take us with it.
    this.#process.stdin?.on('error', () => {});
    this.exited = new Promise((resolve) => {
      const end = (how: string, code: number | null): void =>
        resolve({ how, code, lastLines: tail(spec.logFile, began) });
      this.#process.once('error', (error) => end(`could not be started: ${error.message}`, null));
      this.#process.once('exit', (code, signal) => {
        end(signal === null ? `exit code ${code}` : `signal ${signal}`, code);
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    this.#process.kill(name);
  }
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

/** The last lines that were written to the file after position `from`. */
function tail(file: string, from: number): string[] {
  try {
    const log = openSync(file, 'r');
    try {
      const start = Math.max(from, fstatSync(log).size - TAIL_BYTES);
      const buffer = Buffer.alloc(TAIL_BYTES);
      const length = readSync(log, buffer, 0, TAIL_BYTES, start);
      const lines = buffer.toString('utf8', 0, length).split('\n');
      return lines.filter((line) => line.trim() !== '').slice(-LAST_LINES);
    } finally {
      closeSync(log);
    }
  } catch {
    return [];
  }
}
