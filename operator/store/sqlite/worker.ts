/**
 * The thread that owns the SQLite connection: `node:sqlite` blocks, so it may not run beside the API.
 * One message is one operation; answers come in the order of the calls.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { SqliteAccepted } from './accepted.ts';
import { openDatabase } from './database.ts';
import { SqliteEvents } from './events.ts';
import { SqliteKeys } from './keys.ts';
import { SqliteReports } from './reports.ts';
import { SqliteRevisions } from './revisions.ts';
import type { Call } from './thread.ts';

const port = parentPort!;

try {
  const database = openDatabase(workerData.file);
  const events = new SqliteEvents(database);
  const revisions = new SqliteRevisions(database);
  const accepted = new SqliteAccepted(database);
  const reports = new SqliteReports(database);
  const keys = new SqliteKeys(database);
  const operations: Record<Call['operation'], (...args: never[]) => unknown> = {
    appendEvents: events.append.bind(events),
    listEvents: events.list.bind(events),
    countEvents: events.count.bind(events),
    getEvent: events.get.bind(events),
    listStreams: events.streams.bind(events),
    readStream: events.readStream.bind(events),
    archiveRevision: revisions.archive.bind(revisions),
    getRevision: revisions.get.bind(revisions),
    namespacesOfRevision: revisions.namespacesOf.bind(revisions),
    listConfigurations: revisions.newestOfEach.bind(revisions),
    keepAccepted: accepted.keep.bind(accepted),
    listAccepted: accepted.list.bind(accepted),
    putInstanceReport: reports.put.bind(reports),
    listInstanceReports: reports.list.bind(reports),
    forgetInstances: reports.forget.bind(reports),
    putKey: keys.put.bind(keys),
    getKey: keys.get.bind(keys),
    revokeKey: keys.revoke.bind(keys),
    listKeys: keys.list.bind(keys),
    listKeyChanges: keys.changes.bind(keys),
    keyPosition: keys.position.bind(keys),
    identity: () => database.prepare("SELECT value FROM meta WHERE name = 'identity'").get()!['value'],
    close: () => database.close(),
  };
  port.on('message', ({ id, operation, args }: Call) => {
    try {
      port.postMessage({ id, value: operations[operation](...(args as never[])) });
    } catch (error) {
      port.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
    if (operation === 'close') port.close();
  });
  port.postMessage({ id: 0, value: 'open' });
} catch (error) {
  port.postMessage({ id: 0, error: error instanceof Error ? error.message : String(error) });
  port.close();
}
