import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestFolder } from './folder.ts';
import { testCluster } from './kubectl.ts';

const main = fileURLToPath(new URL('../../operator/main.ts', import.meta.url));

export interface OperatorProcessOptions {
  /** The only namespaces that it looks at, its lease in the first; empty for all, where `args` says what else it takes. */
  namespaces: readonly string[];
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Instead of that of the tier. */
  kubeconfig?: string;
  /** That of an earlier one, to go on from. */
  state?: TestFolder;
}

/** The operator's program over the API server of the tier. */
export class OperatorProcess {
  readonly child: ChildProcess;
  readonly state: TestFolder;
  readonly exited: Promise<number | null>;
  out = '';
  err = '';

  constructor({ namespaces, args = [], env = {}, kubeconfig, state }: OperatorProcessOptions) {
    this.state = state ?? new TestFolder();
    const flags = {
      kubeconfig: kubeconfig ?? testCluster().kubeconfig,
      'state-dir': join(this.state.path, '.keeptrusts'),
      'api-port': '0',
      'log-level': 'warn',
    };
    const [first] = namespaces;
    const scope =
      first === undefined ? [] : [`--namespaces=${namespaces.join(',')}`, `--lease-namespace=${first}`];
    const named = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
    this.child = spawn(process.execPath, [main, ...named, ...scope, ...args], {
      cwd: this.state.path,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.on('data', (text) => {
      this.out += text;
    });
    this.child.stderr!.on('data', (text) => {
      this.err += text;
    });
    this.exited = new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
  }

  get output(): string {
    return `out: ${this.out}\nerr: ${this.err}`;
  }

  /** Resolves when standard output or standard error matches. @throws Error after `ms`, with both */
  async saw(pattern: RegExp, ms = 45_000): Promise<RegExpExecArray> {
    const end = Date.now() + ms;
    for (;;) {
      const match = pattern.exec(this.out) ?? pattern.exec(this.err);
      if (match !== null) return match;
      const { exitCode, signalCode } = this.child;
      if (exitCode !== null || signalCode !== null || Date.now() > end) {
        const how = `exit code ${exitCode}, signal ${signalCode}`;
        throw new Error(`${pattern} was not printed (${how}).\n${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  /** Address of the API, once it serves. */
  async apiUrl(): Promise<string> {
    return (await this.saw(/API at (http\S+:\d+)/))[1]!;
  }

  get token(): string {
    return readFileSync(join(this.state.path, '.keeptrusts/token'), 'utf8').trim();
  }

  async api(path: string): Promise<Record<string, unknown>> {
    const url = await this.apiUrl();
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${this.token}` } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as Record<string, unknown>;
  }

  /** One sample of its metrics; undefined where there is none. */
  async metric(name: string): Promise<number | undefined> {
    const text = await (await fetch(`${await this.apiUrl()}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length));
  }

  /** Whether keys wait for its controllers or are worked on. @throws when it does not answer */
  async busy(): Promise<boolean> {
    const text = await (await fetch(`${await this.apiUrl()}/metrics`)).text();
    const samples = text.matchAll(/^(?:workqueue_depth|keeptrusts_operator_active_workers)\{.*\} (\d+)$/gm);
    return [...samples].some(([, count]) => Number(count) > 0);
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.signal(signal);
    return this.exited;
  }

  /** Kills what still runs, and removes what it kept. */
  async remove(): Promise<void> {
    this.signal('SIGCONT');
    await this.stop('SIGKILL');
    this.state.remove();
  }
}
