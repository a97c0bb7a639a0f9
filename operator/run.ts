import { removeEndpoint, writeEndpoint } from '../gateway/contract/endpoint-file.ts';
import { notesOf, readyLine, standbyLine } from './announce.ts';
import { type Running, startControlPlane } from './control-plane.ts';
import { folderSurroundings } from './local/folder.ts';
import { localDeps } from './local-deps.ts';
import type { OperatorOptions } from './options.ts';
import { createLogger } from './telemetry/logger.ts';

/** What the program may touch of the process that it runs in. */
export interface ProgramIo {
  out(text: string): void;
  err(text: string): void;
  /** Aborted when the program is to end. */
  readonly stop: AbortSignal;
  /** Ends the process at once, whatever is under way. */
  exit(code: number): void;
}

/**
 * Runs the control plane until it is stopped: says when it is ready, and leaves its address for `kt`.
 * @throws Error with a plain message when it cannot start
 */
export async function runOperator(options: OperatorOptions, io: ProgramIo): Promise<void> {
  io.stop.addEventListener('abort', () => io.err('Stopping …\n'), { once: true });
  const running = await start(options, io).catch((error: unknown) => {
    if (io.stop.aborted) return null;
    throw error;
  });
  if (running === null) return;
  try {
    const { apiUrl: url, tokenFile } = running;
    writeEndpoint(options.stateDir, { kind: 'control-plane', url, tokenFile }, io.err);
    running.onStandby((leader) => io.out(standbyLine(leader, running)));
    await Promise.race([running.whenReady(), stopped(io.stop)]);
    if (!io.stop.aborted) {
      io.out(readyLine(running));
      running.tellNew();
      if ('folder' in options.source) io.out(notesOf(options.source.folder, options.stateDir, running));
    }
    await stopped(io.stop);
  } finally {
    removeEndpoint(options.stateDir);
    await running.close();
  }
}

async function start(options: OperatorOptions, io: ProgramIo): Promise<Running> {
  const deps = {
    ...(await localDeps(process.execPath, process.platform)),
    log: createLogger(options.logLevel),
    secretVariables: options.secretVariables,
    report: (line: string) => io.err(`${line}\n`),
    lost(reason: string) {
      removeEndpoint(options.stateDir);
      io.err(`${reason}. This process ends, since nothing half-done is worse than a start.\n`);
      io.exit(1);
    },
  };
  const { source } = options;
  if ('folder' in source) {
    const surroundings = folderSurroundings({ ...options, folder: source.folder }, deps);
    return startControlPlane(options, deps, surroundings, io.stop);
  }
  // Loaded only here: a folder has no use for the client of a cluster.
  const { clusterSurroundings } = await import('./cluster/surroundings.ts');
  const surroundings = clusterSurroundings(source.cluster, options, deps);
  return startControlPlane(options, deps, surroundings, io.stop);
}

function stopped(stop: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (stop.aborted) done();
    else stop.addEventListener('abort', () => done(), { once: true });
  });
}
