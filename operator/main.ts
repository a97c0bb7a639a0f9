import { startControlPlane } from './control-plane.ts';
import { localDeps } from './local-deps.ts';
import { readOptions } from './options.ts';
import { createLogger } from './telemetry/logger.ts';

const options = readOptions(process.argv.slice(2), process.env);
const report = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  const running = await startControlPlane(options, {
    ...(await localDeps(process.execPath, process.platform)),
    log: createLogger(options.logLevel),
    secretVariables: options.secretVariables,
    report,
  });
  let stopping = false;
  const stop = (): void => {
    // A second signal does not wait for anything.
    if (stopping) process.exit(1);
    stopping = true;
    void running.close().then(() => process.exit(0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  report(`the API is at ${running.apiUrl}`);
  await running.whenReady();
  // Replicas share one address.
  const ready = new Set(
    running.instances().map(({ namespace, gateway, url }) => `${namespace}/${gateway} is ready at ${url}`),
  );
  for (const line of ready) report(`gateway ${line}`);
} catch (error) {
  report(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
