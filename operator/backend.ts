import { join } from 'node:path';
import { createLocalTokens } from './api/auth.ts';
import { type ClusterAccess, either } from './api/either.ts';
import { KeyFeed } from './api/key-feed.ts';
import type { ResourceProblem } from './api/problems.ts';
import { type RunningApi, startApi } from './api/server.ts';
import type { Archive } from './controllers/archive.ts';
import type { Remembered } from './controllers/outcomes.ts';
import type { InstanceReports } from './domain/instance-reports.ts';
import { listenError } from './local/node/ports.ts';
import type { Clock } from './runtime/clock.ts';
import type { Log } from './runtime/log.ts';
import { SharedReports } from './shared-reports.ts';
import { openStore } from './store/open.ts';

/** Milliseconds between two looks for keys that another control plane made or revoked. */
const KEYS_LOOK_MS = 250;

export interface BackendOptions {
  stateDir: string;
  host: string;
  apiPort: number;
  /** URL of a PostgreSQL database, for what else is kept in a file of the state folder. */
  databaseUrl?: string | undefined;
}

export interface BackendParts {
  reports: InstanceReports;
  clock: Clock;
  log: Log;
  ready(): boolean;
  metrics(): Promise<{ contentType: string; text: string }>;
  /** What is wrong with the resources now. */
  problems(): readonly ResourceProblem[];
  /** Callers of a cluster; null where there is none. */
  cluster(): ClusterAccess | null;
  /** Whether there is such a gateway now. */
  active(namespace: string, gateway: string): boolean;
}

/** The event store and the API over it. */
export interface Backend {
  url: string;
  /** File that holds the token of people and of `kt`. */
  tokenFile: string;
  gatewayToken(namespace: string, gateway: string): string;
  /** Names the store among all. */
  storeIdentity: string;
  /** Whether other control planes may work with the same store. */
  shared: boolean;
  /** Drops what the instances of a gateway that was removed have said last. */
  forget(namespace: string, gateway: string): void;
  archive: Archive;
  /** What an earlier process kept in the archive. */
  remembered(): Promise<Remembered>;
  close(): Promise<void>;
}

/** @throws Error when the store cannot be opened or the port is taken; nothing stays open then */
export async function startBackend(options: BackendOptions, parts: BackendParts): Promise<Backend> {
  const tokens = createLocalTokens(options.stateDir);
  const store = await openStore({
    file: join(options.stateDir, 'events.db'),
    databaseUrl: options.databaseUrl,
  });
  const { clock, log } = parts;
  const shared =
    options.databaseUrl === undefined ? null : new SharedReports(parts.reports, { store, clock, log });
  const reports = shared ?? parts.reports;
  const keyFeed = new KeyFeed({
    store,
    clock,
    lookMs: shared === null ? null : KEYS_LOOK_MS,
    onTrouble: (err) => log.warn({ err }, 'changes of keys by other control planes cannot be seen'),
  });
  let api: RunningApi;
  let storeIdentity: string;
  try {
    storeIdentity = await store.identity();
    api = await startApi(
      { host: options.host, port: options.apiPort },
      {
        store,
        reports,
        ...either(tokens, parts.cluster),
        keyFeed,
        now: () => clock.now(),
        monotonic: () => clock.monotonic(),
        ready: parts.ready,
        metrics: parts.metrics,
        problems: parts.problems,
        active: parts.active,
        onUnexpected: (err, route) => log.error({ err, route }, 'the API failed'),
      },
    );
  } catch (error) {
    await store.close();
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw listenError(error, options.apiPort, options.host, '--api-port');
  }
  shared?.start();
  return {
    url: api.url,
    tokenFile: tokens.personTokenFile,
    gatewayToken: tokens.gatewayToken,
    storeIdentity,
    shared: shared !== null,
    forget: (namespace, gateway) => reports.forget(namespace, gateway),
    archive: {
      keepRevision: (revision) => store.archiveRevision({ ...revision, compiledAt: clock.now() }),
      keepAccepted: (namespace, specs) => store.keepAccepted(namespace, specs),
    },
    async remembered() {
      const [accepted, revisions] = await Promise.all([store.listAccepted(), store.listConfigurations()]);
      return { accepted, revisions };
    },
    async close() {
      await api.close();
      await shared?.stop();
      await store.close();
    },
  };
}
