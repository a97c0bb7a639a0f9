import type { AppendResult, EventBatch, Store } from '../store.ts';
import { PostgresAccepted } from './accepted.ts';
import { appendEvents } from './append.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { InOrder } from './in-order.ts';
import { PostgresKeys } from './keys.ts';
import { migrate } from './migrate.ts';
import { OpenCalls } from './open-calls.ts';
import { Partitions } from './partitions.ts';
import { PostgresEvents } from './read.ts';
import { PostgresReports } from './reports.ts';
import { PostgresRevisions } from './revisions.ts';

/**
 * Opens the store that several control planes share, and brings its tables to this version.
 * @throws StoreError when it cannot be reached or a newer version wrote it; no connection stays open then
 */
export async function openPostgresStore(url: string, options: DatabaseOptions = {}): Promise<Store> {
  const database = new Database(url, options);
  const partitions = new Partitions(database);
  try {
    await migrate(database);
    await partitions.start();
  } catch (error) {
    await database.close();
    throw error;
  }
  const events = new PostgresEvents(database);
  const revisions = new PostgresRevisions(database);
  const accepted = new PostgresAccepted(database);
  const reports = new PostgresReports(database);
  const keys = new PostgresKeys(database);
  const calls = new OpenCalls();
  // Batches of one stream would wait for each other's lock, each with a connection that others need.
  const streams = new InOrder();
  const append = (batch: EventBatch): Promise<AppendResult> =>
    streams.run(batch.stream, () => appendEvents(database, partitions, batch));
  return {
    appendEvents: (batch) => calls.run(() => append(batch)),
    listEvents: (query) => calls.run(() => events.list(query)),
    countEvents: (filter) => calls.run(() => events.count(filter)),
    getEvent: (id) => calls.run(() => events.get(id)),
    listStreams: (namespace) => calls.run(() => events.streams(namespace)),
    readStream: (stream, fromSeq, limit, namespace) =>
      calls.run(() => events.readStream(stream, fromSeq, limit, namespace)),
    archiveRevision: (revision) => calls.run(() => revisions.archive(revision)),
    getRevision: (hash, namespace) => calls.run(() => revisions.get(hash, namespace)),
    namespacesOfRevision: (hash) => calls.run(() => revisions.namespacesOf(hash)),
    listConfigurations: () => calls.run(() => revisions.newestOfEach()),
    keepAccepted: (namespace, specs) => calls.run(() => accepted.keep(namespace, specs)),
    listAccepted: () => calls.run(() => accepted.list()),
    putInstanceReport: (report) => calls.run(() => reports.put(report)),
    listInstanceReports: (sinceMs) => calls.run(() => reports.list(sinceMs)),
    forgetInstances: (namespace, gateway) => calls.run(() => reports.forget(namespace, gateway)),
    putKey: (key, most) => calls.run(() => keys.put(key, most)),
    getKey: (id) => calls.run(() => keys.get(id)),
    revokeKey: (id, revoked) => calls.run(() => keys.revoke(id, revoked)),
    listKeys: (query) => calls.run(() => keys.list(query)),
    listKeyChanges: (query) => calls.run(() => keys.changes(query)),
    keyPosition: () => calls.run(() => keys.position()),
    identity: () => calls.run(() => identity(database)),
    async close() {
      await Promise.all([calls.close(), partitions.stop()]);
      await database.close();
    },
  };
}

async function identity(database: Database): Promise<string> {
  const [row] = await database.query('SELECT id FROM keeptrusts.identity');
  return String(row?.['id']);
}
