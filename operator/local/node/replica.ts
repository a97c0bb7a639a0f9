import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fullJitter } from '../../runtime/backoff.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { argumentsOf, environmentOf, overridden, type Placement } from './arguments.ts';
import { Child, type Exit } from './child.ts';
import { PidFile } from './leftover.ts';
import type { Container, PodSpec } from './pod-template.ts';
import type { PortPair } from './ports.ts';
import { Readiness } from './readiness.ts';
import { mountFolders } from './volumes.ts';

/** First and longest wait before a crashed process is started again, in milliseconds. */
const RESTART = { baseMs: 400, capMs: 30_000 };
/** A process that ran this long starts its back-off over. */
const HEALTHY_MS = 30_000;

export interface ReplicaSpec {
  namespace: string;
  deployment: string;
  index: number;
  pod: PodSpec;
}

export interface ReplicaSettings {
  host: string;
  /** Program and first arguments that stand for the container's image. */
  command: readonly [string, ...string[]];
  /** Arguments that only make sense on one machine; each takes the place of the specification's flag of that name. */
  extraArgs: readonly string[];
  /** What the program itself needs, as an image would bring it; the specification's own variables win. */
  programEnv: Readonly<Record<string, string>>;
  /** Name of the container port that replicas share. */
  sharedPort: string;
  /** Folder of the Deployment; `logs` lies beside the volumes. */
  folder: string;
  logFolder: string;
  /** Milliseconds; the specification's grace is cut to this. */
  maxGraceMs: number;
}

export interface ReplicaDeps {
  clock: Clock;
  random: () => number;
  log: Log;
  /** Ports to listen on; called before each start. */
  ports(): Promise<PortPair>;
  changed(): void;
  /** Plain words about a start or a crash, for people. */
  report(message: string): void;
}

/** Keeps one process running until it is stopped: starts it, probes it, starts it again when it crashes. */
export class Replica {
  readonly name: string;
  readonly spec: ReplicaSpec;
  readonly #settings: ReplicaSettings;
  readonly #deps: ReplicaDeps;
  readonly #pidFile: PidFile;
  #child: Child | undefined;
  #readiness: Readiness | undefined;
  #ports: PortPair | undefined;
  #restart: Timer | undefined;
  #failures = 0;
  #stopping = false;
  #starting: Promise<void> = Promise.resolve();
  #lastFailure: string | null = null;

  constructor(spec: ReplicaSpec, settings: ReplicaSettings, deps: ReplicaDeps) {
    this.name = `${spec.deployment}-${spec.index}`;
    this.spec = spec;
    this.#settings = settings;
    this.#deps = deps;
    const own = join(settings.folder, String(spec.index));
    this.#pidFile = new PidFile(join(own, 'pid'), settings.folder);
  }

  get ready(): boolean {
    return this.#readiness?.ready ?? false;
  }

  /** Set while a process runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get ports(): PortPair | undefined {
    return this.#ports;
  }

  /** Why the last start or run failed; null while there is nothing to complain of. */
  get failure(): string | null {
    return this.ready ? null : this.#lastFailure;
  }

  start(): Promise<void> {
    this.#starting = this.#startOnce().catch((error: Error) => this.#failed(error.message));
    return this.#starting;
  }

  /** Asks the process to end and kills it after its grace. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#restart?.cancel();
    await this.#starting;
    this.#readiness?.stop();
    const child = this.#child;
    if (child === undefined) return;
    const graceMs = (this.spec.pod.terminationGracePeriodSeconds ?? 30) * 1000;
    const timer = this.#deps.clock.after(Math.min(graceMs, this.#settings.maxGraceMs), () =>
      child.signal('SIGKILL'),
    );
    child.signal('SIGTERM');
    await child.exited;
    timer.cancel();
  }

  async #startOnce(): Promise<void> {
    if (this.#stopping) return;
    const container = this.spec.pod.containers[0];
    if (container === undefined) throw new Error('the Deployment names no container');
    await this.#pidFile.settle(this.#settings.maxGraceMs, this.#deps.clock);
    const ports = await this.#deps.ports();
    this.#ports = ports;
    const { folder, host } = this.#settings;
    const cwd = join(folder, String(this.spec.index));
    mkdirSync(cwd, { recursive: true, mode: 0o700 });
    const placement: Placement = {
      podName: this.name,
      namespace: this.spec.namespace,
      mounts: mountFolders(this.spec.pod, this.spec.index, { namespace: this.spec.namespace, folder }),
      ports: new Map(
        (container.ports ?? []).map((port) => [port.containerPort, this.#portOf(port.name, ports)]),
      ),
      host,
    };
    const env = environmentOf(container, placement);
    const child = new Child({
      title: this.spec.deployment,
      command: this.#settings.command,
      args: overridden(argumentsOf(container, env, placement), this.#settings.extraArgs),
      env: { ...this.#settings.programEnv, ...env },
      cwd,
      logFile: join(this.#settings.logFolder, `${this.name}.log`),
    });
    this.#child = child;
    if (child.pid !== undefined) this.#pidFile.write(child.pid);
    this.#probe(container, ports);
    const since = this.#deps.clock.monotonic();
    void child.exited.then((exit) => this.#ended(exit, this.#deps.clock.monotonic() - since));
    this.#deps.log.info({ pod: this.name, pid: child.pid }, 'process started');
    this.#deps.changed();
  }

  #portOf(name: string, ports: PortPair): number {
    return name === this.#settings.sharedPort ? ports.shared : ports.own;
  }

  #probe(container: Container, ports: PortPair): void {
    const probe = container.readinessProbe;
    if (probe === undefined) return;
    const { port } = probe.httpGet;
    const name =
      typeof port === 'string'
        ? port
        : (container.ports?.find((other) => other.containerPort === port)?.name ?? '');
    const target = { host: this.#settings.host, port: this.#portOf(name, ports), probe };
    this.#readiness = new Readiness(target, this.#deps.clock, () => this.#deps.changed());
  }

  #ended(exit: Exit, ranMs: number): void {
    this.#readiness?.stop();
    this.#readiness = undefined;
    this.#child = undefined;
    this.#pidFile.remove();
    if (this.#stopping) return;
    if (ranMs >= HEALTHY_MS) this.#failures = 0;
    const last = mostTelling(exit.lastLines);
    this.#failed(`ended with ${exit.how}${last === undefined ? '' : `: ${last}`}`);
  }

  #failed(message: string): void {
    if (this.#stopping) return;
    if (message !== this.#lastFailure) this.#deps.report(`${this.name}: ${message}`);
    this.#lastFailure = message;
    const wait = RESTART.baseMs + fullJitter(this.#failures, RESTART, this.#deps.random);
    this.#failures += 1;
    this.#deps.log.warn(
      { pod: this.name, reason: message, restartInMs: Math.round(wait) },
      'process is not running',
    );
    this.#restart = this.#deps.clock.after(wait, () => void this.start());
    this.#deps.changed();
  }
}

/**
 * The line that says most about why a process ended: plain text before JSON log lines, and an error before the stack
 * and the version that Node prints after it.
 */
function mostTelling(lines: readonly string[]): string | undefined {
  const plain = lines.filter((line) => !line.startsWith('{'));
  return plain.findLast((line) => /error/i.test(line)) ?? plain.at(-1) ?? lines.at(-1);
}
