import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { CustomResourceDefinition } from '../crds/schema.ts';
import type { KindContracts } from '../gateway/contract/kind-contract.ts';
import type { ResourceProblem } from './api/problems.ts';
import { type Backend, startBackend } from './backend.ts';
import { Comings } from './comings.ts';
import { createControllers } from './controllers/index.ts';
import { createInstanceReports, type InstanceReports } from './domain/instance-reports.ts';
import { createLinter } from './domain/lint.ts';
import { API_VERSION, KINDS } from './domain/snapshot.ts';
import { admissionOf } from './local/admission.ts';
import { FolderSource } from './local/folder-source.ts';
import type { FolderProblem } from './local/manifest-file.ts';
import { Node } from './local/node/node.ts';
import { ensureFree } from './local/node/ports.ts';
import { ObjectStore } from './local/object-store.ts';
import { lockState } from './local/state-lock.ts';
import { createValidator, type Validator } from './local/validate.ts';
import { type GatewayInstance, Progress } from './progress.ts';
import { gatewayOf } from './render/names.ts';
import type { Clock } from './runtime/clock.ts';
import type { Log } from './runtime/log.ts';
import { Manager } from './runtime/manager.ts';
import { OperatorMetrics } from './telemetry/metrics.ts';

export interface ControlPlaneOptions {
  /** Folder of resources. */
  folder: string;
  /** Folder for everything that must outlive the process. */
  stateDir: string;
  /** Address that the API and the gateways bind to. */
  host: string;
  /** 0 for any free port. */
  apiPort: number;
  /** Traffic port of the first gateway; its admin port is the next. 0 for any free ports. */
  gatewayPort: number;
  /** Milliseconds that a gateway may take to end. */
  maxGraceMs: number;
}

export interface ControlPlaneDeps {
  crds: readonly CustomResourceDefinition[];
  /** Policy kinds of this release. */
  kinds: KindContracts;
  clock: Clock;
  random: () => number;
  /** Makes uids and reconcile ids. */
  uuid: () => string;
  log: Log;
  /** Program and first arguments that stand for the gateway's image. */
  gatewayCommand: readonly [string, ...string[]];
  /** Gateway flags that only make sense on one machine. */
  gatewayFlags: readonly string[];
  /** Variables for the gateway's program, beside those of its specification. */
  gatewayEnv: Readonly<Record<string, string>>;
  /** `KT_SECRET_<NAME>_<KEY>` variables. */
  secretVariables: Readonly<Record<string, string>>;
  /** Takes one plain line for people: what is wrong, where, and what to do. */
  report(line: string): void;
}

export interface Running {
  apiUrl: string;
  /** File that holds the token for the API. */
  tokenFile: string;
  /** The processes that run, with their ports. */
  instances(): GatewayInstance[];
  /** What is wrong with the resources now. */
  problems(): readonly ResourceProblem[];
  /** Why there is no gateway, in words; null where there is one. */
  lack(): string | null;
  /** Resolves when every gateway that the folder asks for enforces it; at once where it asks for none. */
  whenReady(): Promise<void>;
  close(): Promise<void>;
}

/** Name of the image in rendered Deployments; the local node runs `gatewayCommand` in its place. */
const IMAGE = 'keeptrusts/gateway:0.1.0';

/** What a gateway may need after its last answer, in milliseconds. */
const SHIP_MS = 6000;

const LIMITS = { syncTimeoutMs: 120_000, graceMs: 30_000 };

/** What a folder may hold: our kinds, and Secrets for credentials. */
const FOLDER_KINDS: ReadonlyMap<string, string> = new Map([
  ...Object.values(KINDS).map((kind): [string, string] => [kind, API_VERSION]),
  ['Secret', 'v1'],
]);

/**
 * Starts the control plane over a folder: API → objects → gateway processes → controllers. Closing is the reverse,
 * so that gateways can still deliver their last events.
 *
 * @throws Error with a plain message: state folder in use, port in use, no such folder
 */
export async function startControlPlane(
  options: ControlPlaneOptions,
  deps: ControlPlaneDeps,
): Promise<Running> {
  const folderStat = statSync(options.folder, { throwIfNoEntry: false });
  if (folderStat?.isDirectory() !== true) {
    throw new Error(`${options.folder} is no folder. Name one that holds resources as YAML or JSON.`);
  }
  const validator = createValidator(deps.crds);
  const lock = lockState(options.stateDir);
  let backend: Backend | undefined;
  try {
    const metrics = new OperatorMetrics();
    const reports = createInstanceReports(() => deps.clock.now());
    let started = false;
    let problems = (): ResourceProblem[] => [];
    if (options.gatewayPort !== 0) {
      await ensureFree(options.gatewayPort, options.host, deps.clock);
      // The admin port is told as the next; a pair that moved silently would not be found.
      await ensureFree(options.gatewayPort + 1, options.host, deps.clock);
    }
    backend = await startBackend(options, {
      reports,
      clock: deps.clock,
      log: deps.log.child({ part: 'api' }),
      ready: () => started,
      metrics: () => metrics.text(),
      problems: () => problems(),
    });
    const { manager, folder, progress } = assemble(options, deps, { validator, backend, reports, metrics });
    problems = () => [...folder.problems().map(folderProblem), ...progress.problems()];
    await manager.start();
    started = true;
    return {
      apiUrl: backend.url,
      tokenFile: backend.tokenFile,
      instances: () => progress.instances(),
      problems: () => problems(),
      lack: () => progress.lack(folder.problems().length > 0),
      whenReady: () => progress.whenReady(),
      async close() {
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
  validator: Validator;
  backend: Backend;
  reports: InstanceReports;
  metrics: OperatorMetrics;
}

/** Makes every part and says in which phase it starts; nothing runs yet. */
function assemble(options: ControlPlaneOptions, deps: ControlPlaneDeps, parts: Parts) {
  const { clock, random, log, report } = deps;
  const { backend, reports, metrics } = parts;
  const { stateDir, host } = options;
  const client = new ObjectStore(
    { dir: join(stateDir, 'objects') },
    { clock, uid: deps.uuid, log: log.child({ part: 'store' }), admit: admissionOf(parts.validator) },
  );
  const folder = new FolderSource(
    { dir: options.folder, except: stateDir, kinds: FOLDER_KINDS },
    {
      client,
      clock,
      log: log.child({ part: 'folder' }),
      report: (problem) => report(problemLine(problem)),
      mended: (file) => report(`${file}: valid again`),
    },
  );
  const node = new Node(
    {
      dir: stateDir,
      host,
      basePort: options.gatewayPort,
      command: deps.gatewayCommand,
      extraArgs: [...deps.gatewayFlags, `--drain-seconds=${drainSeconds(options.maxGraceMs)}`],
      programEnv: deps.gatewayEnv,
      sharedPort: 'traffic',
      maxGraceMs: options.maxGraceMs,
    },
    {
      client,
      clock,
      random,
      log: log.child({ part: 'node' }),
      report,
      removed: (namespace, deployment) => reports.forget(namespace, gatewayOf(deployment)),
      secretVariables: deps.secretVariables,
      token: ({ namespace, serviceAccount }) => backend.gatewayToken(namespace, gatewayOf(serviceAccount)),
    },
  );
  const progress = new Progress(node, clock);
  const controllers = createControllers({
    client,
    reports,
    clock,
    linter: createLinter({ kinds: deps.kinds, loneGateway: false, listen: host }),
    image: IMAGE,
    paused: false,
    controlPlane: { url: backend.url },
    archive: backend.archive,
    address: (namespace, gateway) => progress.address(namespace, gateway),
    runtime: (name) => ({ clock, random, log, metrics: metrics.controller(name), reconcileId: deps.uuid }),
  });
  progress.watch({ cache: client.cache, reports, ...controllers, report });
  new Comings({
    cache: client.cache,
    address: (namespace, gateway) => progress.address(namespace, gateway),
    report,
  });

  const manager = new Manager(LIMITS, { clock, log });
  manager.add('caches', {
    name: 'archive',
    start: async () => controllers.outcomes.restore(await backend.remembered()),
    stop: async () => {},
  });
  manager.add('caches', { name: 'objects', start: async () => client.load(), stop: async () => {} });
  manager.add('caches', { name: 'folder', start: () => folder.start(), stop: () => folder.stop() });
  manager.add('background', { name: 'node', start: async () => node.start(), stop: () => node.stop() });
  for (const controller of [controllers.gateway, controllers.status]) {
    const start = async (): Promise<void> => controller.start();
    manager.add('controllers', { name: controller.name, start, stop: () => controller.stop() });
  }
  return { manager, folder, progress };
}

function folderProblem({ file, line, column, object, code, message }: FolderProblem): ResourceProblem {
  return {
    severity: 'error',
    file,
    line: line ?? null,
    column: column ?? null,
    object: object ?? null,
    code,
    message,
  };
}

/** Seconds for open answers, so that a gateway has shipped its events and ended before it would be killed. */
function drainSeconds(graceMs: number): number {
  return Math.max(1, Math.floor((graceMs - SHIP_MS) / 1000));
}

function problemLine({ file, line, column, object, message }: FolderProblem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  return `${place}: ${object === undefined ? '' : `${object}: `}${message}`;
}
