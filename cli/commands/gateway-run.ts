import { randomBytes } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { removeEndpoint, writeEndpoint } from '../../gateway/contract/endpoint-file.ts';
import { ensureFolder, writeState } from '../../gateway/contract/ensure-folder.ts';
import { writeOwnFile } from '../../gateway/contract/own-file.ts';
import type { RunningGateway } from '../../gateway/gateway.ts';
import { addGatewayFlags, type ProgramOptions, programOptions } from '../../gateway/options.ts';
import { linesForPeople } from '../gateway-lines.ts';
import { CliError, type Io } from '../io.ts';

/** `kt gateway run`: one gateway from one document, in this process. Later commands find it by its state folder. */
export function gatewayRunCommand(io: Io): Command {
  const command = new Command('run').description('Run one gateway from one policy-config.yaml');
  return addGatewayFlags(command)
    .addHelpText(
      'after',
      `
Examples:
  kt gateway run --config policy-config.yaml --port 41002
  kt gateway run --listen 0.0.0.0:41002 --policy-config policy-config.yaml
  kt gateway run --upstream http://127.0.0.1:11434/v1`,
    )
    .action(async (flags: Parameters<typeof programOptions>[0]) => {
      const options = programOptions(flags, io.env);
      if (options.config !== null) ensureReadable(options.config);
      const byDefault = command.getOptionValueSource('stateDir') === 'default';
      const root = byDefault ? dirname(options.stateDir) : options.stateDir;
      options.adminTokenFile ??= makeToken(options.stateDir);
      const running = await launch(options, command.getOptionValueSource('logLevel') === 'default', io);
      try {
        const admin = `http://${urlHost(options.admin.host)}:${running.adminPort}`;
        writeEndpoint(
          root,
          {
            kind: 'gateway',
            url: admin,
            tokenFile: options.adminTokenFile,
            spool: join(options.stateDir, 'spool'),
            listen: `${bracketed(options.traffic.host)}:${running.trafficPort}`,
          },
          io.err,
        );
        const traffic = `http://${urlHost(options.traffic.host)}:${running.trafficPort}`;
        const reason = await unreadyReason(admin);
        io.out(
          `${reason === null ? 'Ready' : 'Not ready'}: gateway at ${traffic}, admin at ${admin}. Ctrl-C ends it.\n`,
        );
        if (reason !== null) {
          io.err(
            `Not ready: ${reason}. Where the policy config is refused, 'kt policy lint --file ${options.config}' says why; it is taken as soon as it is mended.\n`,
          );
        }
        await new Promise<void>((done) => {
          if (io.stop.aborted) done();
          io.stop.addEventListener('abort', () => done(), { once: true });
        });
      } finally {
        removeEndpoint(root);
        await running.close();
      }
    });
}

async function launch(options: ProgramOptions, quiet: boolean, io: Io): Promise<RunningGateway> {
  const [{ launchGateway }, { createLogger }] = await Promise.all([
    import('../../gateway/launch.ts'),
    import('../../gateway/telemetry/logger.ts'),
  ]);
  const names = { gateway: `${options.namespace}/${options.name}`, instance: options.instance };
  try {
    const people = { write: (line: string) => io.err(linesForPeople(line, options.config)) };
    const logger = quiet ? createLogger(names, 'warn', people) : createLogger(names, options.logLevel);
    return await launchGateway(options, io.env, logger);
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error));
  }
}

/** What the gateway itself says; null where it is ready. */
async function unreadyReason(admin: string): Promise<string | null> {
  const answer = await fetch(`${admin}/readyz`);
  if (answer.ok) return null;
  const { reason } = (await answer.json()) as { reason: string };
  return reason;
}

/** Later, a file that goes away is waited for; at the start it is a slip. */
function ensureReadable(config: string): void {
  try {
    accessSync(config, constants.R_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new CliError(`${config} cannot be read (${code}). Name the policy config with --config FILE.`);
  }
}

/** A new token for each run, readable by its owner only. */
function makeToken(stateDir: string): string {
  ensureFolder(stateDir);
  const file = join(stateDir, 'admin-token');
  const token = `kt_admin_${randomBytes(32).toString('base64url')}\n`;
  writeState(stateDir, () => writeOwnFile(file, token));
  return file;
}

function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return bracketed(host);
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
