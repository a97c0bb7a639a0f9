import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Access, localAuthorizer } from '../../operator/api/access.ts';
import { createLocalTokens, type LocalTokens } from '../../operator/api/auth.ts';
import { localNamespaces } from '../../operator/api/namespaces.ts';
import type { ResourceProblem } from '../../operator/api/problems.ts';
import { type RunningApi, startApi } from '../../operator/api/server.ts';
import { createInstanceReports, type InstanceReports } from '../../operator/domain/instance-reports.ts';
import { openSqliteStore } from '../../operator/store/sqlite/store.ts';
import type { Store } from '../../operator/store/store.ts';
import { loneKeyFeed } from './key-feed.ts';

/** The real API over a real SQLite store in a folder of its own, without an operator behind it. */
export interface TestApi {
  api: RunningApi;
  store: Store;
  tokens: LocalTokens;
  reports: InstanceReports;
  /** What `/v1/problems` answers. */
  problems: ResourceProblem[];
  /** Gateways that are gone, as `namespace/name`. */
  gone: Set<string>;
  /** Holds the database `events.db`. */
  folder: string;
  /** Failures that nobody threw on purpose. */
  unexpected: unknown[];
  close(): Promise<void>;
}

/**
 * `access` says who calls and what they may do, in the place of the tokens of this machine; without namespaces of its
 * own these have no identity.
 */
export async function startTestApi(
  now: () => number = Date.now,
  access?: Omit<Access, 'namespaces'> & Partial<Access>,
): Promise<TestApi> {
  const folder = mkdtempSync(join(tmpdir(), 'keeptrusts-api-'));
  const tokens = createLocalTokens(folder);
  const store = await openSqliteStore(join(folder, 'events.db'));
  const reports = createInstanceReports(now);
  const problems: ResourceProblem[] = [];
  const unexpected: unknown[] = [];
  const gone = new Set<string>();
  const api = await startApi(
    { host: '127.0.0.1', port: 0 },
    {
      store,
      reports,
      problems: () => problems,
      active: (namespace, gateway) => !gone.has(`${namespace}/${gateway}`),
      namespaces: localNamespaces,
      ...(access ?? { authenticator: tokens, authorizer: localAuthorizer }),
      keyFeed: loneKeyFeed(store),
      now,
      monotonic: () => performance.now(),
      ready: () => true,
      metrics: async () => ({ contentType: 'text/plain', text: 'up 1\n' }),
      onUnexpected: (error) => unexpected.push(error),
    },
  );
  return {
    api,
    store,
    tokens,
    reports,
    problems,
    gone,
    folder,
    unexpected,
    async close() {
      await api.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
