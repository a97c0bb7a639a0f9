import type { KindContracts } from '../gateway/contract/kind-contract.ts';
import { isLoopback } from '../gateway/contract/openness.ts';
import type { ClusterAccess } from './api/either.ts';
import type { ResourceProblem } from './api/problems.ts';
import { type Backend, startBackend } from './backend.ts';
import { Comings } from './comings.ts';
import { fencedArchive } from './controllers/archive.ts';
import { createControllers } from './controllers/index.ts';
import { createInstanceReports, type InstanceReports } from './domain/instance-reports.ts';
import { createLinter } from './domain/lint.ts';
import { lockState } from './local/state-lock.ts';
import { PatternProcess } from './patterns/judge.ts';
import { type GatewayInstance, Progress } from './progress.ts';
import { childName } from './render/names.ts';
import type { Clock } from './runtime/clock.ts';
import { BoundedEventRecorder } from './runtime/event-recorder.ts';
import type { Log } from './runtime/log.ts';
import { Manager } from './runtime/manager.ts';
import { orAborted } from './runtime/signals.ts';
import type { Surroundings, SurroundingsMaker } from './surroundings.ts';
import { conditionMetrics } from './telemetry/condition-metrics.ts';
import { OperatorMetrics } from './telemetry/metrics.ts';

export interface ControlPlaneOptions {
  /** Folder for everything that must outlive the process. */
  stateDir: string;
  /** Address that the API binds to. */
  host: string;
  /** 0 for any free port. */
  apiPort: number;
  /** URL of a PostgreSQL database, for several control planes; without one the store is a file of the state folder. */
  databaseUrl?: string | undefined;
  /** Milliseconds that gateways on this machine may take to end. */
  maxGraceMs: number;
}

export interface ControlPlaneDeps {
  /** Policy kinds of this release. */
  kinds: KindContracts;
  clock: Clock;
  random: () => number;
  /** Makes reconcile ids. */
  uuid: () => string;
  log: Log;
  /** Takes one plain line for people: what is wrong, where, and what to do. */
  report(line: string): void;
  /** The process must end at once: what it stands on is gone. */
  lost(reason: string): void;
}

export interface Running {
  apiUrl: string;
  /** File that holds the token for the API. */
  tokenFile: string;
  /** Where gateways run. */
  gateways: Surroundings['gateways'];
  /** The processes that run on this machine, with their ports. */
  instances(): GatewayInstance[];
  /** What is wrong with the resources now. */
  problems(): readonly ResourceProblem[];
  /** Why there is no gateway, in words; null where there is one. */
  lack(): string | null;
  /** Resolves when every gateway that the objects ask for enforces them; at once where they ask for none. */
  whenReady(): Promise<void>;
  /** From now on a line is reported for each gateway that is new. */
  tellNew(): void;
  /** Calls back with its name each time when another process is found to act, for which this one stands by. */
  onStandby(listener: (leader: string) => void): void;
  close(): Promise<void>;
}

/** Milliseconds that caches may take to fill, and that everything but gateways may take to end. */
const SYNC_MS = 120_000;
const STOP_MS = 20_000;

/** Milliseconds after which whoever applies a few objects from one file has applied the last of them. */
const SETTLE_MS = 1000;

/**
 * Starts the control plane: API → objects → gateway processes, where they run here → controllers. Closing is the
 * reverse, so that gateways can still deliver their last events. An abort of `stop` ends a start that is under way,
 * whatever it waits for; what has started is for `close`.
 *
 * @throws Error with a plain message: state folder in use, port in use, surroundings that cannot be used; or the
 * signal's reason
 */
export async function startControlPlane(
  options: ControlPlaneOptions,
  deps: ControlPlaneDeps,
  maker: SurroundingsMaker,
  stop: AbortSignal,
): Promise<Running> {
  const lock = lockState(options.stateDir);
  let backend: Backend | undefined;
  try {
    const make = await orAborted(maker(stop), stop);
    const metrics = new OperatorMetrics();
    const reports = createInstanceReports(() => deps.clock.now());
    let started = false;
    let closing = false;
    let problems = (): ResourceProblem[] => [];
    let cluster: ClusterAccess | null = null;
    let active = (_namespace: string, _gateway: string): boolean => false;
    const opening = startBackend(options, {
      reports,
      clock: deps.clock,
      log: deps.log.child({ part: 'api' }),
      ready: () => started,
      metrics: () => metrics.text(),
      problems: () => problems(),
      cluster: () => cluster,
      active: (namespace, gateway) => active(namespace, gateway),
    });
    backend = await orAborted(opening, stop).catch((error: unknown) => {
      // A database may take its time to answer, and nobody waits for it any more.
      void opening.then((late) => late.close()).catch(() => {});
      throw error;
    });
    const surroundings = make({
      apiUrl: backend.url,
      gatewayToken: backend.gatewayToken,
      forget: backend.forget,
      store: { identity: backend.storeIdentity, shared: backend.shared },
      metrics,
    });
    const { access, gateways } = surroundings;
    // Nobody but this machine reaches loopback, and a person who runs the operator there has its records anyway.
    const takesLocalTokens = gateways === 'here' || isLoopback(options.host);
    cluster = access && { ...access, takesLocalTokens };
    const { manager, progress, tellNew } = assemble(options, deps, {
      surroundings,
      backend,
      reports,
      metrics,
    });
    problems = () => [...surroundings.problems(), ...progress.problems()];
    active = (namespace, gateway) => {
      const name = childName(gateway);
      return surroundings.client.cache.get({ kind: 'Deployment', namespace, name }) !== undefined;
    };
    const { election } = surroundings;
    if (election?.mayStandBy === true) {
      await manager.start('background', stop);
      manager.start('controllers', stop).catch((error: Error) => {
        if (!closing && !stop.aborted) deps.lost(error.message);
      });
    } else await manager.start('controllers', stop);
    started = true;
    return {
      apiUrl: backend.url,
      tokenFile: backend.tokenFile,
      gateways: surroundings.gateways,
      instances: () => progress.instances(),
      problems: () => problems(),
      lack: () => progress.lack(),
      whenReady: () => progress.whenReady(),
      tellNew,
      onStandby: (listener) => election?.onStandby(listener),
      async close() {
        closing = true;
        await manager.stop();
        await backend?.close();
        lock.release();
      },
    };
  } catch (error) {
    await backend?.close();
    lock.release();
    throw error;
  }
}

interface Parts {
  surroundings: Surroundings;
  backend: Backend;
  reports: InstanceReports;
  metrics: OperatorMetrics;
}

/** Makes the controllers and says in which phase each part starts; nothing runs yet. */
function assemble(
  { maxGraceMs }: ControlPlaneOptions,
  deps: ControlPlaneDeps,
  { surroundings, backend, reports, metrics }: Parts,
) {
  const { clock, random, log, report } = deps;
  const { client, pods, image, paused, gateways, gatewaysReportTo, listen, address, election } = surroundings;
  const progress = new Progress(surroundings, clock);
  const events = new BoundedEventRecorder({ sink: surroundings.events, clock, log, metrics: metrics.events });
  conditionMetrics(metrics.registry, client.cache);
  const patterns = new PatternProcess({
    report: (reason) =>
      log.warn({ reason }, 'patterns cannot be judged, and what holds new ones waits; trying again'),
  });
  const controllers = createControllers({
    client,
    ...(pods === null ? {} : { delivery: { pods, nudges: metrics.nudges } }),
    reports,
    clock,
    linter: createLinter({ kinds: deps.kinds, loneGateway: false, listen, patterns }),
    image,
    paused,
    controlPlane: { url: gatewaysReportTo },
    // A store that nobody else has cannot be written by two.
    archive:
      election?.mayStandBy === true
        ? fencedArchive(backend.archive, () => election.mayAct())
        : backend.archive,
    drift: metrics.drift,
    events,
    address,
    ...(gateways === 'pods' ? { settleMs: SETTLE_MS } : {}),
    runtime: (name) => ({ clock, random, log, metrics: metrics.controller(name), reconcileId: deps.uuid }),
  });
  let acting = false;
  progress.watch({ cache: client.cache, reports, ...controllers, acting: () => acting, report });

  const manager = new Manager({ syncTimeoutMs: SYNC_MS, graceMs: maxGraceMs + STOP_MS }, { clock, log });
  for (const { phase, part } of surroundings.parts) manager.add(phase, part);
  const flush = { name: 'events', start: async () => {}, stop: () => events.drain() };
  manager.add('leader', flush);
  manager.add('leader', { name: 'patterns', start: async () => {}, stop: async () => patterns.close() });
  let comings: Comings | undefined;
  manager.add('leader', {
    name: 'comings',
    async start() {
      comings = new Comings({ cache: client.cache, address, report });
    },
    stop: async () => {},
  });
  // Whoever led before may have written to the archive until now, so that it is read only here.
  manager.add('leader', {
    name: 'archive',
    async start() {
      controllers.outcomes.restore(await backend.remembered());
      acting = true;
    },
    stop: async () => {},
  });
  for (const controller of [controllers.gateway, controllers.delivery, controllers.status]) {
    if (controller === null) continue;
    const start = async (): Promise<void> => controller.start();
    manager.add('controllers', { name: controller.name, start, stop: () => controller.stop() });
  }
  return { manager, progress, tellNew: () => comings?.tellNew() };
}
