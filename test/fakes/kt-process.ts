import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const launcher = join(root, 'launcher.js');

/** A `kt` that runs on, as a person starts it: through the launcher. */
export class KtProcess {
  readonly child: ChildProcess;
  out = '';
  err = '';
  /** Resolves when it has ended and all that it wrote is here. */
  readonly exited: Promise<number | null>;

  constructor(args: readonly string[], options: { cwd: string; env?: Record<string, string> }) {
    this.child = spawn(process.execPath, [launcher, 'kt', ...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, as a shell gives it.
      detached: true,
    });
    this.child.stdout!.on('data', (chunk) => {
      this.out += chunk;
    });
    this.child.stderr!.on('data', (chunk) => {
      this.err += chunk;
    });
    this.exited = new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
  }

  /** Resolves when standard output or standard error matches. @throws Error after `ms` milliseconds, with both */
  async saw(pattern: RegExp, ms = 45_000): Promise<RegExpExecArray> {
    const end = Date.now() + ms;
    for (;;) {
      const match = pattern.exec(this.out) ?? pattern.exec(this.err);
      if (match !== null) return match;
      if (this.child.exitCode !== null || Date.now() > end) {
        throw new Error(`${pattern} was not printed.\nout: ${this.out}\nerr: ${this.err}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** SIGTERM reaches the launcher alone, as `kill` does; the others reach the whole group, as a terminal's do. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const { pid } = this.child;
    try {
      if (pid !== undefined) process.kill(signal === 'SIGTERM' ? pid : -pid, signal);
    } catch {
      // It has ended already.
    }
    return this.exited;
  }
}

/** Runs a command of `kt` to its end. */
export function kt(
  args: readonly string[],
  { cwd, env }: { cwd: string; env?: Record<string, string> },
): Promise<{ out: string; err: string; code: number }> {
  return new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...env } };
    execFile(process.execPath, [launcher, 'kt', ...args], options, (error, out, err) => {
      resolve({ out, err, code: typeof error?.code === 'number' ? error.code : 0 });
    });
  });
}
