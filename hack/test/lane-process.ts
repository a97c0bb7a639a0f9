import { type ChildProcess, spawn } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { descendantsOf } from './descendants.ts';
import type { Order } from './lane.ts';
import type { Outcome } from './run-file.ts';

const program = fileURLToPath(new URL('./lane.ts', import.meta.url));

/** Milliseconds that one may take to end when it has run its last file. */
const GRACE_MS = 5000;

/** A process that runs files of tests one after the other. */
export class Lane {
  readonly #child: ChildProcess;
  readonly #exit: Promise<undefined>;
  #output = '';
  #killedFor: string | null = null;

  constructor(env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [program], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A process group of its own: what tests start ends with it, also where the tests are killed.
      detached: true,
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!])
      stream.setEncoding('utf8').on('data', (text) => {
        this.#output += text;
      });
    this.#exit = new Promise((resolve) => this.#child.once('exit', () => resolve(undefined)));
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Never rejects: the end of the process is a failure of the file. */
  async run(
    file: string,
    { color, limitMs }: { color: boolean; limitMs: number },
  ): Promise<Outcome & { output: string }> {
    const told = new Promise<Outcome>((resolve) => this.#child.once('message', resolve));
    const order: Order = { file, color };
    this.#child.send(order, () => {});
    const timer = setTimeout(() => this.kill(`it had not ended after ${limitMs / 1000} s`), limitMs);
    const outcome = await Promise.race<Outcome | undefined>([told, this.#exit]);
    clearTimeout(timer);
    // What was written before the answer lies in the pipes: two turns of the event loop read it.
    for (let turn = 0; turn < 2; turn++) await setImmediate();
    return outcome === undefined ? this.lost('before it had told what came of it') : this.#with(outcome);
  }

  /** A failure that tells how it ended. */
  lost(when: string): Outcome & { output: string } {
    const { exitCode, signalCode } = this.#child;
    const how = this.#killedFor ?? (signalCode === null ? `exit code ${exitCode}` : signalCode);
    const failures = `  The process that ran it ended ${when}: ${how}`;
    return this.#with({ passed: 0, failed: 1, skipped: [], failures });
  }

  #with(outcome: Outcome): Outcome & { output: string } {
    const output = this.#output;
    this.#output = '';
    return { ...outcome, output };
  }

  /** Ends it and all that it started at once. */
  kill(why: string): void {
    this.#killedFor ??= why;
    const { pid } = this.#child;
    if (pid === undefined) return;
    const started = descendantsOf(pid);
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The group has ended, or there are none here.
      this.#child.kill('SIGKILL');
    }
    // Some lead a group of their own, and those that hold servers and folders must be able to remove them.
    for (const one of started) terminate(one);
  }

  /** Ends it between two files, with all that the tests left. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.kill('it did not end when it was done'), GRACE_MS);
    await this.#exit;
    clearTimeout(timer);
  }
}

function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended with the group.
  }
}
