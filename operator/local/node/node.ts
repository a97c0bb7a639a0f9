import { join } from 'node:path';
import type { Clock } from '../../runtime/clock.ts';
import { sameJson } from '../../runtime/json.ts';
import type { Log } from '../../runtime/log.ts';
import type { KubeObject, ObjectClient, ObjectRef } from '../../runtime/objects.ts';
import { deploymentStatus } from './deployment-status.ts';
import type { DeploymentSpec, PodSpec } from './pod-template.ts';
import { Ports } from './ports.ts';
import { Replica } from './replica.ts';
import { MissingVolume, refreshVolumes, type VolumeSources } from './volumes.ts';

export interface NodeOptions {
  /** Folder for ports, volumes and logs. */
  dir: string;
  host: string;
  /** Port of the first Deployment's shared port; its own port is the next. 0: any. */
  basePort: number;
  command: readonly [string, ...string[]];
  extraArgs: readonly string[];
  programEnv: Readonly<Record<string, string>>;
  sharedPort: string;
  maxGraceMs: number;
}

export interface NodeDeps extends Omit<VolumeSources, 'cache'> {
  client: ObjectClient;
  clock: Clock;
  random: () => number;
  log: Log;
  report(message: string): void;
  /** All processes of a Deployment that was deleted have ended. */
  removed?(namespace: string, deployment: string): void;
}

/** One process that the node runs, for people and for `kt`. */
export interface Instance {
  namespace: string;
  deployment: string;
  name: string;
  host: string;
  sharedPort: number;
  ownPort: number;
  pid: number | null;
  ready: boolean;
  failure: string | null;
}

interface Running {
  pod: PodSpec;
  replicas: Replica[];
}

/** How long a rollout waits for one replica before it goes on with the next, in milliseconds. */
const ROLLOUT_WAIT_MS = 15_000;
const ROLLOUT_ASK_MS = 50;

const APPLIED = new Set(['Deployment', 'ConfigMap', 'Secret']);

/** Runs each Deployment as processes on this machine and writes its status: kubelet and controllers in small. */
export class Node {
  readonly #options: NodeOptions;
  readonly #deps: NodeDeps;
  readonly #ports: Ports;
  readonly #running = new Map<string, Running>();
  /** Deployments with work to do; one runs at a time, so that ports and folders have one writer. */
  readonly #due = new Set<string>();
  /** What was told of each Deployment last. */
  readonly #told = new Map<string, Set<string>>();
  #work: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: NodeOptions, deps: NodeDeps) {
    this.#options = options;
    this.#deps = deps;
    const { host, basePort: base, dir } = options;
    this.#ports = new Ports({ host, base, file: join(dir, 'ports.json') });
  }

  start(): void {
    const { cache } = this.#deps.client;
    cache.onChange((ref, object, previous) => this.#noticed(ref, object, previous));
    for (const deployment of cache.list('Deployment')) this.#enqueue(keyOf(deployment.metadata));
  }

  /** Ends every process within its grace. Deployments and their volumes stay. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#work;
    await Promise.all([...this.#running.values()].flatMap(({ replicas }) => replicas.map((r) => r.stop())));
    this.#running.clear();
  }

  instances(): Instance[] {
    return [...this.#running.values()].flatMap(({ replicas }) =>
      replicas.map((replica) => ({
        namespace: replica.spec.namespace,
        deployment: replica.spec.deployment,
        name: replica.name,
        host: this.#options.host,
        sharedPort: replica.ports?.shared ?? 0,
        ownPort: replica.ports?.own ?? 0,
        pid: replica.pid ?? null,
        ready: replica.ready,
        failure: replica.failure,
      })),
    );
  }

  #noticed(ref: ObjectRef, object: KubeObject | undefined, previous: KubeObject | undefined): void {
    if (!APPLIED.has(ref.kind)) return;
    if (ref.kind === 'Deployment') {
      // Our own status writes are changes too, and no work.
      if (object !== undefined && previous !== undefined && sameJson(object.spec, previous.spec)) return;
      this.#enqueue(keyOf(ref));
      return;
    }
    // Whose volumes hold it is asked when they are written; nothing changes for the others.
    for (const deployment of this.#deps.client.cache.list('Deployment', ref.namespace)) {
      this.#enqueue(keyOf(deployment.metadata));
    }
  }

  #enqueue(key: string): void {
    if (this.#stopped || this.#due.has(key)) return;
    this.#due.add(key);
    this.#work = this.#work.then(async () => {
      this.#due.delete(key);
      if (this.#stopped) return;
      try {
        await this.#reconcile(key);
      } catch (err) {
        this.#deps.log.error({ err, deployment: key }, 'a Deployment could not be brought up to date');
      }
    });
  }

  async #reconcile(key: string): Promise<void> {
    const [namespace, name] = key.split('/') as [string, string];
    const object = this.#deps.client.cache.get({ kind: 'Deployment', namespace, name });
    if (object === undefined) return this.#remove(key);
    const spec = object.spec as DeploymentSpec;
    const folder = join(this.#options.dir, 'pods', namespace, name);
    try {
      const sources = { ...this.#deps, cache: this.#deps.client.cache };
      this.#tell(key, refreshVolumes(spec.template.spec, { namespace, folder }, sources));
    } catch (error) {
      if (!(error instanceof MissingVolume)) throw error;
      // What runs keeps what it has, as with a kubelet: the Deployment itself may be about to go.
      if (this.#running.has(key)) return;
      this.#tell(key, [error.message]);
      await this.#writeStatus(key, error.message);
      return;
    }
    await this.#scale(key, spec);
    await this.#writeStatus(key, null);
  }

  async #scale(key: string, spec: DeploymentSpec): Promise<void> {
    const running = this.#running.get(key) ?? { pod: spec.template.spec, replicas: [] };
    this.#running.set(key, running);
    const wanted = spec.replicas ?? 1;
    await Promise.all(running.replicas.splice(wanted).map((replica) => replica.stop()));
    const changed = !sameJson(running.pod, spec.template.spec);
    running.pod = spec.template.spec;
    for (let index = 0; index < wanted; index++) {
      const old = running.replicas[index];
      if (old !== undefined && !changed) continue;
      // An emptyDir belongs to one process at a time, so the old one ends before the new one starts.
      await old?.stop();
      const replica = this.#replica(key, index, spec.template.spec);
      running.replicas[index] = replica;
      await replica.start();
      // Where there are others, one after the other, so that some take traffic at any time.
      if (old !== undefined && wanted > 1) await this.#untilReady(replica);
    }
  }

  async #untilReady(replica: Replica): Promise<void> {
    const { clock } = this.#deps;
    const end = clock.monotonic() + ROLLOUT_WAIT_MS;
    while (!replica.ready && clock.monotonic() < end && !this.#stopped) {
      await new Promise<void>((resolve) => clock.after(ROLLOUT_ASK_MS, resolve));
    }
  }

  #replica(key: string, index: number, pod: PodSpec): Replica {
    const [namespace, deployment] = key.split('/') as [string, string];
    const { dir, host, command, extraArgs, programEnv, sharedPort, maxGraceMs } = this.#options;
    const { clock, random, log, report } = this.#deps;
    const folder = join(dir, 'pods', namespace, deployment);
    const settings = {
      host,
      command,
      extraArgs,
      programEnv,
      sharedPort,
      maxGraceMs,
      folder,
      logFolder: join(dir, 'logs', namespace),
    };
    return new Replica({ namespace, deployment, index, pod }, settings, {
      clock,
      random,
      log,
      report,
      ports: () => {
        const others = this.#running.get(key)?.replicas ?? [];
        return this.#ports.take(
          key,
          index,
          others.some((replica) => replica.pid !== undefined),
        );
      },
      changed: () => {
        if (!this.#stopped) void this.#writeStatus(key, null);
      },
    });
  }

  /** Tells people what a Deployment lacks: each line once, and again only after it was gone. */
  #tell(key: string, lines: readonly string[]): void {
    const told = this.#told.get(key);
    for (const line of lines)
      if (told?.has(line) !== true) this.#deps.report(`${key.split('/')[1]}: ${line}`);
    this.#told.set(key, new Set(lines));
  }

  async #remove(key: string): Promise<void> {
    const running = this.#running.get(key);
    this.#running.delete(key);
    await Promise.all((running?.replicas ?? []).map((replica) => replica.stop()));
    // Volumes stay: a spool may hold events that were not delivered yet.
    this.#ports.release(key);
    this.#told.delete(key);
    const [namespace, name] = key.split('/') as [string, string];
    this.#deps.removed?.(namespace, name);
  }

  async #writeStatus(key: string, problem: string | null): Promise<void> {
    const [namespace, name] = key.split('/') as [string, string];
    const object = this.#deps.client.cache.get({ kind: 'Deployment', namespace, name });
    if (object === undefined) return;
    const replicas = this.#running.get(key)?.replicas ?? [];
    const { apiVersion, kind } = object;
    const status = deploymentStatus(object, replicas, problem, this.#deps.clock);
    await this.#deps.client.applyStatus({ apiVersion, kind, metadata: { namespace, name }, status });
  }
}

function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}
