import { systemClock } from './clock.ts';
import { createCredentials } from './config/credentials.ts';
import { ConfigFileSource, FixedSource } from './config-source.ts';
import { baseUrlFault } from './contract/base-url.ts';
import { createPatternLibrary } from './detectors/patterns.ts';
import type { RunningGateway } from './gateway.ts';
import type { Address, GatewayOptions } from './gateway-options.ts';
import type { PlanSource } from './plan-source.ts';
import { loadKinds } from './policies/registry.ts';
import { vendorProblem } from './providers/registry.ts';
import type { Logger } from './telemetry/logger.ts';
import { UPSTREAM_KEY, upstreamConfig, upstreamProviders } from './upstream-flag.ts';

/** Something that a person must set right before a gateway can start. Its message says what. */
export class LaunchError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LaunchError';
  }
}

/**
 * Starts a gateway as `main.ts` and `kt gateway run` do: from a file, with credentials of files and environment.
 * @throws LaunchError
 */
export async function launchGateway(
  options: GatewayOptions,
  env: Readonly<Record<string, string | undefined>>,
  logger: Logger,
): Promise<RunningGateway> {
  checkPorts(options);
  const credentials = createCredentials({ env, secretsDir: options.secretsDir });
  const parts = { kinds: await loadKinds(), patterns: createPatternLibrary(), vendorProblem };
  const providers =
    options.upstream === null
      ? null
      : upstreamProviders(checkedUpstream(options.upstream), env[UPSTREAM_KEY] !== undefined);
  let source: PlanSource;
  if (options.config !== null) {
    source = new ConfigFileSource({
      path: options.config,
      credentials,
      parts,
      spoolDays: options.spool?.maxAgeDays,
      logger,
      ...(providers !== null && { amend: (config) => ({ ...config, providers }) }),
    });
  } else if (providers !== null) {
    source = new FixedSource(upstreamConfig(providers), credentials, parts);
  } else {
    throw new LaunchError(
      'there is no policy config: give one with --config FILE, or a target with --upstream URL.',
    );
  }
  try {
    // The process that reads the document starts while this one loads what serves requests.
    const { startGateway } = await import('./gateway.ts');
    return await startGateway(options, {
      clock: systemClock,
      logger,
      source,
      credential: (target) => credentials.of(target),
    });
  } catch (error) {
    await source.close();
    throw plain(error, options);
  }
}

/** The system would say that something else listens there. */
function checkPorts({ traffic, admin }: GatewayOptions): void {
  const everywhere = ({ host }: Address): boolean => host === '0.0.0.0' || host === '::';
  const meet = traffic.host === admin.host || everywhere(traffic) || everywhere(admin);
  if (!meet || traffic.port !== admin.port || traffic.port === 0) return;
  throw new LaunchError(
    `the traffic port and the admin port are both ${traffic.port}: choose another with --port or --admin-port.`,
  );
}

function checkedUpstream(url: string): string {
  const fault = baseUrlFault(url);
  if (fault === null) return url;
  throw new LaunchError(
    `--upstream, or KEEPTRUSTS_UPSTREAM_URL, ${fault}. Give an address such as http://127.0.0.1:11434/v1, and its key in ${UPSTREAM_KEY}.`,
  );
}

/** The system's words for what people can set right. */
function plain(error: unknown, { traffic, admin }: GatewayOptions): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const port = error instanceof Error && 'port' in error ? error.port : undefined;
  const flag = port === admin.port && port !== traffic.port ? '--admin-port' : '--port';
  if (code === 'EADDRINUSE') {
    return new LaunchError(
      `port ${port} is in use: stop what listens there, or choose another with ${flag}.`,
    );
  }
  if (code === 'EACCES')
    return new LaunchError(`port ${port} may not be bound by this user; choose one with ${flag}.`);
  if (code === 'EADDRNOTAVAIL')
    return new LaunchError('the address to listen on does not belong to this machine.');
  return error;
}
