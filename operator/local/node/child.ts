import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';

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
  /** The last lines it wrote to standard error. */
  lastLines: string[];
}

const MAX_LOG_BYTES = 8 * 1024 * 1024;
const LAST_LINES = 20;

/**
 * One process. Its standard input is a pipe that nobody writes to: it ends when this process does, however that
 * happens, and tells the child so. It has its own process group, so that Ctrl-C reaches it through us alone.
 */
export class Child {
  readonly exited: Promise<Exit>;
  readonly #process: ChildProcess;
  readonly #lastLines: string[] = [];

  constructor(spec: ChildSpec) {
    const log = openLog(spec.logFile);
    const [program, ...first] = spec.command;
    this.#process = spawn(program, [...first, ...spec.args], {
      argv0: spec.title,
      env: spec.env,
      cwd: spec.cwd,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process.stdout?.on('data', (chunk: Buffer) => log.write(chunk));
    this.#process.stderr?.on('data', (chunk: Buffer) => log.write(chunk));
    if (this.#process.stderr !== null) this.#remember(this.#process.stderr);
    // A child that dies while its pipe is being closed must not take us with it.
    this.#process.stdin?.on('error', () => {});
    this.exited = new Promise((resolve) => {
      const end = (how: string, code: number | null): void => {
        log.end();
        resolve({ how, code, lastLines: this.#lastLines });
      };
      this.#process.once('error', (error) => end(`could not be started: ${error.message}`, null));
      // `close` comes after the last output, `exit` may come before.
      this.#process.once('close', (code, signal) => {
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

  #remember(stream: Readable): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!.slice(-4096);
      for (const line of lines) if (line.trim() !== '') this.#lastLines.push(line.slice(0, 4096));
      this.#lastLines.splice(0, this.#lastLines.length - LAST_LINES);
    });
  }
}

function openLog(file: string): WriteStream {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  const log = createWriteStream(file, { flags: 'a', mode: 0o600 });
  // A full disk must not stop the gateway or us.
  log.on('error', () => {});
  return log;
}
