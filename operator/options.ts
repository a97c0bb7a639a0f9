import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { ControlPlaneOptions } from './control-plane.ts';

export interface ProgramOptions extends ControlPlaneOptions {
  /** `KT_SECRET_<NAME>_<KEY>` variables: credentials for those who do not write Secret objects. */
  secretVariables: Record<string, string>;
  logLevel: string;
}

/** Seconds that gateways may take to end after Ctrl-C; running requests are cut after that. */
const MAX_GRACE_SECONDS = 10;

/** Reads the command line and the environment. Ends the process for `--help` and for wrong arguments. */
export function readOptions(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ProgramOptions {
  const program = new Command('keeptrusts-operator')
    .description('Turns a folder of governance resources into running gateways.')
    .requiredOption('-f, --folder <dir>', 'folder of resources')
    .option('--state-dir <dir>', 'folder for state', '.keeptrusts')
    .option('--host <address>', 'address that the API and the gateways bind to', '127.0.0.1')
    .option('--api-port <port>', 'port of the API', port, 8080)
    .option(
      '--gateway-port <port>',
      'traffic port of the first gateway; its admin port is the next',
      port,
      41002,
    )
    .option('--grace <seconds>', 'how long gateways may take to end', seconds, MAX_GRACE_SECONDS)
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'info');
  program.parse(['node', 'keeptrusts-operator', ...argv]);
  const flags = program.opts<{
    folder: string;
    stateDir: string;
    host: string;
    apiPort: number;
    gatewayPort: number;
    grace: number;
    logLevel: string;
  }>();
  return {
    folder: resolve(flags.folder),
    stateDir: resolve(flags.stateDir),
    host: flags.host,
    apiPort: flags.apiPort,
    gatewayPort: flags.gatewayPort,
    maxGraceMs: flags.grace * 1000,
    logLevel: flags.logLevel,
    secretVariables: secretVariablesOf(env),
  };
}

export function secretVariablesOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => {
      return entry[0].startsWith('KT_SECRET_') && entry[1] !== undefined;
    }),
  );
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value < 65_535) return value;
  throw new InvalidArgumentError('It must be a port from 0 to 65534.');
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text)) return value;
  throw new InvalidArgumentError('It must be a whole number of seconds.');
}
