import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLocalTokens } from '../../operator/api/auth.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Milliseconds for the API of a new operator to be there. */
const START_MS = 60_000;

/** Requests to the API server, by `verb Kind`. A watch that went on after its time was up counts once. */
export type Requests = Record<string, number>;

export interface Sample {
  requests: Requests;
  /** Bytes, resident. */
  memory: number;
  /** Seconds. */
  cpu: number;
  /** Keys that wait or are worked on. */
  busy: number;
  /** Policies and targets whose `Ready` is true, as its cache has them. */
  ready: number;
}

/** The operator's program over a cluster, in its own process, watched through its metrics. */
export class MeasuredOperator {
  readonly stateDir = mkdtempSync(join(tmpdir(), 'keeptrusts-scale-'));
  readonly #kubeconfig: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  constructor(kubeconfig: string, port: number) {
    this.#kubeconfig = kubeconfig;
    this.#port = port;
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  gatewayToken(namespace: string, gateway: string): string {
    return createLocalTokens(this.stateDir).gatewayToken(namespace, gateway);
  }

  /** Resolves when it can be asked; its caches may still be empty. */
  async start(): Promise<void> {
    const args = [
      ...[`--kubeconfig=${this.#kubeconfig}`, `--state-dir=${this.stateDir}`, `--api-port=${this.#port}`],
      ...['--no-leader-elect', '--log-level=error', `--advertise-url=${this.apiUrl}`],
    ];
    let said = '';
    this.#child = spawn(process.execPath, ['operator/main.ts', ...args], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text) => {
      said = `${said}${text}`.slice(-2000);
    });
    const end = performance.now() + START_MS;
    while ((await this.sample()) === null) {
      if (performance.now() > end || this.#child.exitCode !== null)
        throw new Error(`the operator did not start: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Null while nothing answers. */
  async sample(): Promise<Sample | null> {
    const answer = await fetch(`${this.apiUrl}/metrics`).catch(() => null);
    if (answer === null) return null;
    const requests: Requests = {};
    const sample: Sample = { requests, memory: 0, cpu: 0, busy: 0, ready: 0 };
    const goneOn: Record<string, number> = {};
    for (const line of (await answer.text()).split('\n')) {
      const [, name, labels = '', text] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const value = Number(text);
      const label = (key: string): string => new RegExp(`${key}="([^"]*)"`).exec(labels)?.[1] ?? '';
      if (name === 'keeptrusts_operator_api_requests_total') {
        const key = `${label('verb')} ${label('kind')}`;
        requests[key] = (requests[key] ?? 0) + value;
      }
      if (name === 'keeptrusts_operator_watch_restarts_total' && /reason="(expired|relist)"/.test(labels)) {
        const key = `watch ${label('kind')}`;
        goneOn[key] = (goneOn[key] ?? 0) + value;
      }
      if (name === 'process_resident_memory_bytes') sample.memory = value;
      if (name === 'process_cpu_seconds_total') sample.cpu = value;
      if (name === 'workqueue_depth' || name === 'keeptrusts_operator_active_workers') sample.busy += value;
      if (name === 'keeptrusts_operator_condition' && labels.includes('type="Ready",status="True"')) {
        sample.ready += value;
      }
    }
    for (const [key, times] of Object.entries(goneOn)) {
      // One that has ended and not begun again yet counts as well.
      if (requests[key] !== undefined) requests[key] = Math.max(1, requests[key] - times);
    }
    return sample;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}
