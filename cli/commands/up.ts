import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { Running } from '../../operator/control-plane.ts';
import { DEFAULT_STATE_DIR, removeEndpoint, writeEndpoint } from '../endpoint.ts';
import { CliError, type Io } from '../io.ts';

interface Flags {
  folder: string;
  stateDir: string;
  host: string;
  apiPort: number;
  gatewayPort: number;
  logLevel: string;
}

/** Milliseconds that requests under way may take to end after Ctrl-C. */
const GRACE_MS = 10_000;
/** Shown when the gateways are ready, if the folder has it; `{gateway}` stands for the first gateway's address. */
const NOTES = 'NOTES.txt';

/** `kt up`: the control plane over a folder of resources, with the gateways as local processes. */
export function upCommand(io: Io): Command {
  return new Command('up')
    .description('Run gateways from a folder of resources, on this machine')
    .requiredOption('-f, --folder <dir>', 'folder of resources (YAML or JSON)')
    .option('--state-dir <dir>', 'folder for everything that is kept', DEFAULT_STATE_DIR)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--api-port <port>', 'port of the control-plane API; 0 for any', port, 8080)
    .option(
      '--gateway-port <port>',
      "the first gateway's traffic port, its admin port is the next; 0 for any",
      port,
      41002,
    )
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'warn')
    .addHelpText(
      'after',
      '\nExamples:\n  kt up -f config/samples/quickstart\n  kt up -f ./governance --state-dir /var/lib/keeptrusts',
    )
    .action(async (flags: Flags) => {
      const folder = resolve(flags.folder);
      const running = await start(flags, folder, io);
      try {
        writeEndpoint(
          flags.stateDir,
          {
            kind: 'control-plane',
            url: running.apiUrl,
            tokenFile: running.tokenFile,
          },
          io,
        );
        await Promise.race([running.whenReady(), stopped(io.stop)]);
        if (!io.stop.aborted) announce(running, folder, io);
        await stopped(io.stop);
        io.err('Stopping …\n');
      } finally {
        removeEndpoint(flags.stateDir);
        await running.close();
      }
    });
}

async function start(flags: Flags, folder: string, io: Io): Promise<Running> {
  const { stateDir, host, apiPort, gatewayPort, logLevel } = flags;
  // Loaded only here: the other commands start four times as fast without the operator.
  const [{ startControlPlane }, { localDeps }, { secretVariablesOf }, { createLogger }] = await Promise.all([
    import('../../operator/control-plane.ts'),
    import('../../operator/local-deps.ts'),
    import('../../operator/options.ts'),
    import('../../operator/telemetry/logger.ts'),
  ]);
  try {
    return await startControlPlane(
      { folder, stateDir: resolve(stateDir), host, apiPort, gatewayPort, maxGraceMs: GRACE_MS },
      {
        ...(await localDeps(process.execPath, process.platform)),
        log: createLogger(logLevel),
        secretVariables: secretVariablesOf(io.env),
        report: (line) => io.err(`${line}\n`),
      },
    );
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error));
  }
}

function announce(running: Running, folder: string, io: Io): void {
  const instances = running.instances();
  // Replicas share one address; each has an admin listener of its own.
  const ready = [
    ...new Set(instances.map(({ namespace, gateway, url }) => `${namespace}/${gateway} at ${url}`)),
  ].join(', ');
  const admin = instances.map(({ adminUrl }) => adminUrl).join(', ');
  const gateways = ready === '' ? `no gateway yet (${running.lack() ?? 'it starts'})` : `gateway ${ready}`;
  const also = admin === '' ? '' : `Admin at ${admin}. `;
  io.out(`Ready: ${gateways}; API at ${running.apiUrl}. ${also}Ctrl-C ends everything.\n`);
  const notes = join(folder, NOTES);
  const first = instances[0];
  if (first !== undefined && existsSync(notes))
    io.out(`\n${readFileSync(notes, 'utf8').replaceAll('{gateway}', first.url)}`);
}

function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (stop.aborted) done();
    else stop.addEventListener('abort', () => done(), { once: true });
  });
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_535) return Number(text);
  throw new InvalidArgumentError('It is a port from 0 to 65534.');
}
