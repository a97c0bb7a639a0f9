import { guardAgainstBacktracking } from './detectors/patterns.ts';
import { launchGateway } from './launch.ts';
import { isAlive, watchParent } from './lifetime.ts';
import { readOptions } from './options.ts';
import { createLogger } from './telemetry/logger.ts';

guardAgainstBacktracking();
const options = readOptions(process.argv.slice(2), process.env);
const logger = createLogger(
  { gateway: `${options.namespace}/${options.name}`, instance: options.instance },
  options.logLevel,
);

try {
  const running = await launchGateway(options, process.env, logger);
  let stopping = false;
  const stop = (): void => {
    // A second signal does not wait for anything.
    if (stopping) process.exit(1);
    stopping = true;
    void running.close().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (options.exitWithStdin) process.stdin.on('end', stop).on('error', stop).resume();
  if (options.parentPid !== null) watchParent(options.parentPid, isAlive, stop);
} catch (error) {
  process.stderr.write(`keeptrusts-gateway: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
