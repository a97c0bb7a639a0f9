import { get } from 'node:http';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Probe } from './pod-template.ts';

/** Until the first success a probe runs this often, so that a start is noticed at once. */
const EAGER_MS = 25;

export interface ReadinessTarget {
  host: string;
  port: number;
  probe: Probe;
}

/** Asks a process over HTTP whether it is ready, as the kubelet does, and says when the answer changes. */
export class Readiness {
  readonly #target: ReadinessTarget;
  readonly #clock: Clock;
  readonly #changed: (ready: boolean) => void;
  #timer: Timer | undefined;
  #failures = 0;
  #ready = false;
  #stopped = false;

  constructor(target: ReadinessTarget, clock: Clock, changed: (ready: boolean) => void) {
    this.#target = target;
    this.#clock = clock;
    this.#changed = changed;
    void this.#ask();
  }

  get ready(): boolean {
    return this.#ready;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #ask(): Promise<void> {
    const { host, port, probe } = this.#target;
    const ok = await answersOk(host, port, probe.httpGet.path, (probe.timeoutSeconds ?? 1) * 1000);
    if (this.#stopped) return;
    this.#failures = ok ? 0 : this.#failures + 1;
    const ready = ok || (this.#ready && this.#failures < (probe.failureThreshold ?? 3));
    if (ready !== this.#ready) {
      this.#ready = ready;
      this.#changed(ready);
    }
    const wait = this.#ready ? (probe.periodSeconds ?? 10) * 1000 : EAGER_MS;
    this.#timer = this.#clock.after(wait, () => void this.#ask());
  }
}

function answersOk(host: string, port: number, path: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host, port, path, agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      const status = response.statusCode ?? 500;
      resolve(status >= 200 && status < 400);
    });
    request.on('timeout', () => request.destroy(new Error('time-out')));
    request.on('error', () => resolve(false));
  });
}
