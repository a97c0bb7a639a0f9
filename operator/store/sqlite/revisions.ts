import type { DatabaseSync } from 'node:sqlite';
import type { ArchivedRevision } from '../store.ts';

const FIELDS = 'hash, number, namespace, gateway, document, objects, compiled_at';

/** The archive of compiled revisions; two gateways may run the same one. */
export class SqliteRevisions {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  archive(revision: ArchivedRevision): void {
    this.#database
      // In the place of the row that it replaces it is the last one again: content that comes back is the newest.
      .prepare(`INSERT OR REPLACE INTO revisions (${FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?)`)
      .run(
        revision.hash,
        revision.number,
        revision.namespace,
        revision.gateway,
        revision.document,
        JSON.stringify(revision.objects),
        revision.compiledAt,
      );
  }

  get(hash: string): ArchivedRevision | null {
    const row = this.#database.prepare(`SELECT ${FIELDS} FROM revisions WHERE hash = ? LIMIT 1`).get(hash);
    return row === undefined ? null : toRevision(row);
  }

  newestOfEach(): ArchivedRevision[] {
    return this.#database
      .prepare(
        `SELECT ${FIELDS} FROM revisions AS r
         WHERE rowid = (SELECT max(rowid) FROM revisions WHERE namespace = r.namespace AND gateway = r.gateway)
         ORDER BY namespace, gateway`,
      )
      .all()
      .map(toRevision);
  }
}

function toRevision(row: Record<string, unknown>): ArchivedRevision {
  return {
    hash: String(row['hash']),
    number: Number(row['number']),
    namespace: String(row['namespace']),
    gateway: String(row['gateway']),
    document: String(row['document']),
    objects: JSON.parse(String(row['objects'])),
    compiledAt: Number(row['compiled_at']),
  };
}
