import type { Store } from '../store.ts';
import { PostgresAccepted } from './accepted.ts';
import { appendEvents } from './append.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { InOrder } from './in-order.ts';
import { migrate } from './migrate.ts';
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
  // Batches of one stream would wait for each other's lock, each with a connection that others need.
  const streams = new InOrder();
  return {
    appendEvents: (batch) => streams.run(batch.stream, () => appendEvents(database, partitions, batch)),
    listEvents: (query) => events.list(query),
    countEvents: (filter) => events.count(filter),
    getEvent: (id) => events.get(id),
    listStreams: () => events.streams(),
    readStream: (stream, fromSeq, limit) => events.readStream(stream, fromSeq, limit),
    archiveRevision: (revision) => revisions.archive(revision),
    getRevision: (hash) => revisions.get(hash),
    listConfigurations: () => revisions.newestOfEach(),
    keepAccepted: (namespace, specs) => accepted.keep(namespace, specs),
    listAccepted: () => accepted.list(),
    putInstanceReport: (report) => reports.put(report),
    listInstanceReports: (sinceMs) => reports.list(sinceMs),
    forgetInstances: (namespace, gateway) => reports.forget(namespace, gateway),
    async identity() {
      const [row] = await database.query('SELECT id FROM keeptrusts.identity');
      return String(row?.['id']);
    },
    ping: () => database.query('SELECT 1').then(() => undefined),
    async close() {
      partitions.stop();
      await database.close();
    },
  };
}
