import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { FailMode } from './contract/document.ts';
import type { Address, GatewayOptions } from './gateway-options.ts';
import { addressOf } from './gateway-options.ts';

/** Options of the gateway, and how its process is to live. */
export interface ProgramOptions extends GatewayOptions {
  /** Ends when this process does. */
  parentPid: number | null;
  /** Ends when standard input does: a pipe from a parent, which closes however the parent ends. */
  exitWithStdin: boolean;
  logLevel: string;
}

interface Flags {
  config?: string;
  policyConfig?: string;
  port?: number;
  listen?: Address;
  adminPort?: number;
  adminListen?: Address;
  upstream?: string;
  failMode: FailMode;
  maxConcurrency: number;
  stateDir: string;
  secretsDir?: string;
  adminTokenFile?: string;
  controlPlaneTokenFile?: string;
  controlPlaneKeys?: boolean;
  namespace: string;
  name: string;
  instance?: string;
  parentPid?: number;
  exitWithStdin?: boolean;
  drainSeconds: number;
  drainDelaySeconds: number;
  shipSeconds: number;
  spoolMaxBytes?: number;
  spoolMaxDays?: number;
  reusePort?: boolean;
  logLevel: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const TRAFFIC_PORT = 41002;
const ADMIN_PORT = 41003;
const LOOPBACK = '127.0.0.1';
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

/** Adds the gateway's flags to a command, so that `kt gateway run` has the same. */
export function addGatewayFlags(command: Command): Command {
  return command
    .option('--config <file>', 'the policy config; changes are taken at once', once)
    .addOption(
      new Option('--policy-config <file>', 'another name of --config').argParser(once).conflicts('config'),
    )
    .option('--port <port>', `traffic port on loopback (default: ${TRAFFIC_PORT})`, port)
    .addOption(
      new Option('--listen <host:port>', 'address of the traffic port, instead of --port')
        .argParser(address)
        .conflicts('port'),
    )
    .option('--admin-port <port>', `admin port on loopback (default: ${ADMIN_PORT})`, port)
    .addOption(
      new Option('--admin-listen <host:port>', 'address of the admin port, instead of --admin-port')
        .argParser(address)
        .conflicts('adminPort'),
    )
    .option(
      '--upstream <url>',
      'for debugging: one OpenAI-compatible target for every model (KEEPTRUSTS_UPSTREAM_URL)',
    )
    .addOption(
      new Option('--fail-mode <mode>', 'when a policy cannot run and nothing else is said')
        .choices(['block', 'allow'])
        .default('block'),
    )
    .addOption(
      new Option('--max-concurrency <n>', 'requests served at once')
        .env('KEEPTRUSTS_GATEWAY_MAX_CONCURRENCY')
        .default(1024)
        .argParser(positive),
    )
    .option('--state-dir <dir>', 'folder of events, keys and revisions', join('.keeptrusts', 'gateway'))
    .option('--secrets-dir <dir>', 'folder of mounted credentials, <secret>/<key>')
    .option('--admin-token-file <file>', 'bearer token that opens /keeptrusts/config and /v1/events')
    .option('--control-plane-token-file <file>', 'bearer token for the control plane')
    .option(
      '--control-plane-keys',
      "take callers' keys from the control plane too; unready until they have been read once",
    )
    .option('--namespace <name>', 'namespace of the gateway', 'default')
    .option('--name <name>', 'name of the gateway', 'local')
    .option('--instance <id>', 'name of this process (default: the host name)')
    .option('--parent-pid <pid>', 'end when this process does', positive)
    .option('--exit-with-stdin', 'end when standard input does')
    .option('--drain-seconds <n>', 'grace of open answers after a stop', seconds, 10)
    .option('--drain-delay-seconds <n>', 'keep accepting for so long after a stop, unready', seconds, 0)
    .option(
      '--ship-seconds <n>',
      'try to deliver events for so long after a stop, where --state-dir ends with it',
      seconds,
      0,
    )
    .option('--spool-max-bytes <n>', 'bytes that undelivered events may take (default: 256 MiB)', bytes)
    .option('--spool-max-days <n>', 'days that delivered events are kept (default: 7)', positive)
    .option('--reuse-port', 'share the traffic port with other processes (Linux)')
    .addOption(new Option('--log-level <level>', 'least that is logged').choices(LEVELS).default('info'));
}

/** Reads the command line. Ends the process for `--help` and for wrong arguments. */
export function readOptions(argv: readonly string[], env: Environment): ProgramOptions {
  const command = addGatewayFlags(new Command('keeptrusts-gateway')).description(
    'Governs LLM traffic by one policy config.',
  );
  command.parse(['node', 'keeptrusts-gateway', ...argv]);
  return programOptions(command.opts<Flags>(), env);
}

/** What the parsed flags and the environment say. */
export function programOptions(flags: Flags, env: Environment): ProgramOptions {
  const config = flags.config ?? flags.policyConfig;
  return {
    config: config === undefined ? null : resolve(config),
    upstream: flags.upstream ?? env['KEEPTRUSTS_UPSTREAM_URL'] ?? null,
    traffic: flags.listen ?? { host: LOOPBACK, port: flags.port ?? TRAFFIC_PORT },
    admin: flags.adminListen ?? { host: LOOPBACK, port: flags.adminPort ?? ADMIN_PORT },
    failMode: flags.failMode,
    maxConcurrency: flags.maxConcurrency,
    stateDir: resolve(flags.stateDir),
    secretsDir: flags.secretsDir === undefined ? null : resolve(flags.secretsDir),
    adminTokenFile: flags.adminTokenFile === undefined ? null : resolve(flags.adminTokenFile),
    controlPlaneTokenFile:
      flags.controlPlaneTokenFile === undefined ? null : resolve(flags.controlPlaneTokenFile),
    controlPlaneKeys: flags.controlPlaneKeys === true,
    namespace: flags.namespace,
    name: flags.name,
    instance: flags.instance ?? hostname(),
    drainDelayMs: flags.drainDelaySeconds * 1000,
    drainMs: flags.drainSeconds * 1000,
    shipMs: flags.shipSeconds * 1000,
    ...spoolOptions(flags),
    reusePort: flags.reusePort === true,
    parentPid: flags.parentPid ?? null,
    exitWithStdin: flags.exitWithStdin === true,
    logLevel: flags.logLevel,
  };
}

function spoolOptions({ spoolMaxBytes, spoolMaxDays }: Flags): Pick<GatewayOptions, 'spool'> {
  const spool = {
    ...(spoolMaxBytes === undefined ? {} : { maxBytes: spoolMaxBytes }),
    ...(spoolMaxDays === undefined ? {} : { maxAgeDays: spoolMaxDays }),
  };
  return Object.keys(spool).length === 0 ? {} : { spool };
}

/** A second file would take the place of the first, whose policies nobody would miss. */
function once(value: string, before: string | undefined): string {
  if (before === undefined) return value;
  throw new InvalidArgumentError('give one policy config; several are not laid over each other.');
}

function address(value: string): Address {
  const parsed = addressOf(value);
  if (parsed === null) throw new InvalidArgumentError('give it as host:port, such as 0.0.0.0:41002.');
  return parsed;
}

function port(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value) || number > 65_535)
    throw new InvalidArgumentError('a port is a number up to 65535.');
  return number;
}

function positive(value: string): number {
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new InvalidArgumentError('give a whole number of at least 1.');
  return Number(value);
}

function bytes(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= 1_048_576 && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('give a whole number of bytes, at least 1048576 (1 MiB).');
}

function seconds(value: string): number {
  if (!/^\d{1,5}$/.test(value)) throw new InvalidArgumentError('give a whole number of seconds.');
  return Number(value);
}
