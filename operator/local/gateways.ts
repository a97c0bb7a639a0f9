import { childName, gatewayOf } from '../render/names.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { ObjectClient } from '../runtime/objects.ts';
import { type Instance, Node } from './node/node.ts';
import { ensureFree } from './node/ports.ts';

export interface GatewayProcessOptions {
  /** Folder for ports, volumes and logs. */
  stateDir: string;
  /** Address that the gateways bind to. */
  host: string;
  /** Port of the control-plane API, which takes it after the gateways' were looked at. */
  apiPort: number;
  /** Traffic port of the first gateway; its admin port is the next. 0 for any free ports. */
  gatewayPort: number;
  /** Milliseconds that a gateway may take to end. */
  maxGraceMs: number;
}

export interface GatewayProcessDeps {
  clock: Clock;
  random: () => number;
  log: Log;
  /** Program and first arguments that stand for the gateway's image. */
  gatewayCommand: readonly [string, ...string[]];
  /** Gateway flags that only make sense on one machine. */
  gatewayFlags: readonly string[];
  /** Variables for the gateway's program, beside those of its specification. */
  gatewayEnv: Readonly<Record<string, string>>;
  /** `KT_SECRET_<NAME>_<KEY>` variables. */
  secretVariables: Readonly<Record<string, string>>;
  report(line: string): void;
}

interface Parts {
  client: ObjectClient;
  /** How a person gives a key that nobody has; the name of its variable follows. */
  secretHint: string;
  gatewayToken(namespace: string, gateway: string): string;
  forget(namespace: string, gateway: string): void;
}

/** What a gateway may need after its last answer, in milliseconds. */
const SHIP_MS = 6000;

/** @throws Error for people when the pair of ports that they are told is taken, or is to be the API's too */
export async function ensurePortsFree(options: GatewayProcessOptions, clock: Clock): Promise<void> {
  const { gatewayPort, apiPort, host } = options;
  if (gatewayPort === 0) return;
  if (apiPort === gatewayPort || apiPort === gatewayPort + 1) {
    throw new Error(
      `port ${apiPort} cannot be the API's too: the first gateway has ${gatewayPort} and ${gatewayPort + 1}. ` +
        'Choose others with --api-port or --gateway-port.',
    );
  }
  await ensureFree(gatewayPort, host, clock);
  // The admin port is told as the next; a pair that moved silently would not be found.
  await ensureFree(gatewayPort + 1, host, clock);
}

/** Gateways as processes of this machine, from the Deployments that `client` holds. */
export function gatewayProcesses(
  options: GatewayProcessOptions,
  deps: GatewayProcessDeps,
  { client, secretHint, gatewayToken, forget }: Parts,
): Node {
  const { stateDir, host, gatewayPort, maxGraceMs } = options;
  return new Node(
    {
      dir: stateDir,
      host,
      basePort: gatewayPort,
      command: deps.gatewayCommand,
      extraArgs: [
        ...deps.gatewayFlags,
        // Nobody has to be told first: what listens on the same port takes over at once.
        '--drain-delay-seconds=0',
        `--drain-seconds=${drainSeconds(maxGraceMs)}`,
        // What is not delivered is when the gateway starts again, from the same folder.
        '--ship-seconds=0',
      ],
      programEnv: deps.gatewayEnv,
      sharedPort: 'traffic',
      maxGraceMs,
    },
    {
      client,
      clock: deps.clock,
      random: deps.random,
      log: deps.log.child({ part: 'node' }),
      report: deps.report,
      removed: (namespace, deployment) => forget(namespace, gatewayOf(deployment)),
      secretVariables: deps.secretVariables,
      secretHint,
      token: ({ namespace, serviceAccount }) => gatewayToken(namespace, gatewayOf(serviceAccount)),
    },
  );
}

/** Base URL of a gateway that runs here; null while it has none. */
export function processAddress(
  instances: readonly Instance[],
  namespace: string,
  gateway: string,
): string | null {
  const deployment = childName(gateway);
  const instance = instances.find(
    (candidate) => candidate.namespace === namespace && candidate.deployment === deployment,
  );
  return instance === undefined || instance.sharedPort === 0
    ? null
    : `http://${instance.host}:${instance.sharedPort}`;
}

/** Seconds for open answers, so that a gateway has shipped its events and ended before it would be killed. */
function drainSeconds(graceMs: number): number {
  return Math.max(1, Math.floor((graceMs - SHIP_MS) / 1000));
}
