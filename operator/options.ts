import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { baseUrlFault } from '../gateway/contract/base-url.ts';
import { DEFAULT_STATE_DIR } from '../gateway/contract/endpoint-file.ts';

/** Everything that the operator is told from outside. */
export interface OperatorOptions {
  /** Where the objects are. */
  source: { folder: string } | { cluster: ClusterOptions };
  /** Folder for everything that must outlive the process. */
  stateDir: string;
  /** Address that the API and gateways on this machine bind to. */
  host: string;
  /** 0 for any free port. */
  apiPort: number;
  /** Traffic port of the first gateway on this machine; its admin port is the next. 0 for any free ports. */
  gatewayPort: number;
  /** Milliseconds that gateways on this machine may take to end. */
  maxGraceMs: number;
  /** URL of a PostgreSQL database; without one the store is SQLite in the state folder. */
  databaseUrl: string | undefined;
  /** `KT_SECRET_<NAME>_<KEY>` variables: credentials of gateways on this machine. */
  secretVariables: Record<string, string>;
  logLevel: string;
}

export interface ClusterOptions {
  /** Null for `KUBECONFIG`, then `~/.kube/config`, then the pod's service account. */
  kubeconfig: string | null;
  /** Null for the current context of the file. */
  context: string | null;
  /** Null for all. */
  namespaces: readonly string[] | null;
  /** Whether gateways run as processes of this machine. */
  localGateways: boolean;
  /** Null for that of this release. */
  gatewayImage: string | null;
  /** Where gateways reach the control-plane API; null for the address that it listens on. */
  advertiseUrl: string | null;
  leaderElect: boolean;
  /** Null for the operator's own. */
  leaseNamespace: string | null;
}

/** What the flags of a command say. */
export interface CommonFlags {
  stateDir: string;
  host: string;
  apiPort: number;
  gatewayPort: number;
  grace: number;
  logLevel: string;
}

export interface ClusterFlags extends CommonFlags {
  folder?: string;
  kubeconfig?: string;
  context?: string;
  namespaces?: string[];
  localGateways?: boolean;
  gatewayImage?: string;
  advertiseUrl?: string;
  leaderElect: boolean;
  leaseNamespace?: string;
}

/** Seconds that running requests may take to end after Ctrl-C; what is left is cut then. */
const GRACE_SECONDS = 10;

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/** The flags that every way of starting the control plane has. */
export function addCommonFlags(command: Command, defaults: { logLevel: string }): Command {
  return command
    .option('--state-dir <dir>', 'folder for everything that is kept', DEFAULT_STATE_DIR)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--api-port <port>', 'port of the control-plane API; 0 for any', port, 8080)
    .option(
      '--gateway-port <port>',
      "the first gateway's traffic port, its admin port is the next; 0 for any",
      port,
      41002,
    )
    .option('--grace <seconds>', 'how long gateways on this machine may take to end', seconds, GRACE_SECONDS)
    .addOption(
      new Option('--log-level <level>', 'least that is logged').choices(LEVELS).default(defaults.logLevel),
    );
}

/** The flags of the operator, which works on a cluster unless a folder is named. */
export function addOperatorFlags(command: Command, defaults: { logLevel: string }): Command {
  command
    .option('-f, --folder <dir>', 'folder of resources, in the place of a cluster')
    .option(
      '--kubeconfig <file>',
      'how to reach the cluster (default: KUBECONFIG, ~/.kube/config, then the service account of the pod)',
    )
    .option('--context <name>', 'context of the kubeconfig (default: its current one)')
    .option('--namespaces <names>', 'the only namespaces to look at, separated by commas', namespaces)
    .option('--local-gateways', 'run the gateways as processes of this machine, not as pods')
    .option('--gateway-image <image>', 'image of the gateways (default: that of this release)')
    .option('--advertise-url <url>', 'where gateways reach the control-plane API (default: where it listens)')
    .option('--no-leader-elect', 'act without the lease: only where no second operator can run')
    .option(
      '--lease-namespace <name>',
      'namespace of the lease (default: that of the pod or of the context)',
      namespace,
    );
  return addCommonFlags(command, defaults);
}

/** The command line of the operator's own program. */
export function operatorProgram(): Command {
  const program = new Command('keeptrusts-operator').description(
    'Turns governance resources of a cluster, or of a folder, into running gateways.',
  );
  return addOperatorFlags(program, { logLevel: 'info' });
}

/** Flags that are nothing to a folder of resources. */
const CLUSTER_ONLY = [
  'kubeconfig',
  'context',
  'namespaces',
  'localGateways',
  'gatewayImage',
  'advertiseUrl',
  'leaderElect',
  'leaseNamespace',
] as const satisfies readonly (keyof ClusterFlags)[];

/** Flags of gateways on this machine. */
const PROCESSES_ONLY = ['gatewayPort', 'grace'] as const satisfies readonly (keyof ClusterFlags)[];

/** Options of a control plane over a folder. */
export function folderOptions(
  flags: CommonFlags & { folder: string },
  env: Readonly<Record<string, string | undefined>>,
): OperatorOptions {
  const { stateDir, host, apiPort, gatewayPort, grace, logLevel } = flags;
  return {
    source: { folder: resolve(flags.folder) },
    stateDir: resolve(stateDir),
    host,
    apiPort,
    gatewayPort,
    maxGraceMs: grace * 1000,
    databaseUrl: undefined,
    secretVariables: secretVariablesOf(env),
    logLevel,
  };
}

/** Options of the operator. Ends the command, as for any wrong flag, where the flags contradict each other. */
export function operatorOptions(
  command: Command,
  env: Readonly<Record<string, string | undefined>>,
): OperatorOptions {
  const flags = command.opts<ClusterFlags>();
  const refuse = (message: string): never => command.error(`error: ${message}`, { exitCode: 2 });
  const stated = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const databaseUrl = databaseUrlOf(env, refuse);
  if (flags.folder !== undefined) {
    const other = CLUSTER_ONLY.find(stated);
    if (other !== undefined)
      refuse(`${longOf(command, other)} is for a cluster and -f for a folder: leave one of them out.`);
    return { ...folderOptions({ ...flags, folder: flags.folder }, env), databaseUrl };
  }
  const localGateways = flags.localGateways === true;
  const lost = PROCESSES_ONLY.find(stated);
  if (!localGateways && lost !== undefined)
    refuse(`${longOf(command, lost)} is for gateways on this machine: add --local-gateways.`);
  if (localGateways && flags.gatewayImage !== undefined)
    refuse('--gateway-image is for pods, and with --local-gateways there are none: leave one of them out.');
  if (!flags.leaderElect && flags.leaseNamespace !== undefined)
    refuse('--lease-namespace says where the lease is, and --no-leader-elect that there is none.');
  // Not by the parser of the flag, whose message would quote it.
  const fault = flags.advertiseUrl === undefined ? null : baseUrlFault(flags.advertiseUrl);
  if (fault !== null) refuse(`--advertise-url ${fault}. Give an address such as http://keeptrusts:8080.`);
  return {
    ...folderOptions({ ...flags, folder: '' }, env),
    databaseUrl,
    source: {
      cluster: {
        kubeconfig: flags.kubeconfig === undefined ? null : resolve(flags.kubeconfig),
        context: flags.context ?? null,
        namespaces: flags.namespaces ?? null,
        localGateways,
        gatewayImage: flags.gatewayImage ?? null,
        advertiseUrl: flags.advertiseUrl?.replace(/\/+$/, '') ?? null,
        leaderElect: flags.leaderElect,
        leaseNamespace: flags.leaseNamespace ?? null,
      },
    },
  };
}

function longOf(command: Command, name: string): string {
  const option = command.options.find((candidate) => candidate.attributeName() === name);
  return option?.long ?? name;
}

function databaseUrlOf(
  env: Readonly<Record<string, string | undefined>>,
  refuse: (message: string) => never,
): string | undefined {
  const url = env['DATABASE_URL'];
  if (url === undefined || url === '') return undefined;
  // It holds a password, so that it is not repeated.
  if (!/^postgres(ql)?:\/\//.test(url))
    refuse('DATABASE_URL is no PostgreSQL address: it must begin with postgres:// or postgresql://.');
  return url;
}

function secretVariablesOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => {
      return entry[0].startsWith('KT_SECRET_') && entry[1] !== undefined;
    }),
  );
}

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function namespace(text: string): string {
  if (NAMESPACE.test(text)) return text;
  throw new InvalidArgumentError(`'${text}' cannot be the name of a namespace.`);
}

function namespaces(text: string): string[] {
  return [...new Set(text.split(',').map((part) => namespace(part.trim())))];
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value < 65_535) return value;
  throw new InvalidArgumentError('It must be a port from 0 to 65534.');
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text)) return value;
  throw new InvalidArgumentError('It must be a whole number of seconds.');
}
