import type { DatabaseSync } from 'node:sqlite';
import { REVISION_FIELDS, revisionOf, revisionValues, SUMMARY_FIELDS, summaryOf } from '../rows.ts';
import type { ArchivedRevision, RevisionSummary } from '../store.ts';

/** The archive of compiled revisions; two gateways may run the same one. */
export class SqliteRevisions {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  archive(revision: ArchivedRevision): void {
    this.#database
      // In the place of the row that it replaces it is the last one again: content that comes back is the newest.
      .prepare(`INSERT OR REPLACE INTO revisions (${REVISION_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?)`)
      .run(...revisionValues(revision));
  }

  get(hash: string, namespace?: string): ArchivedRevision | null {
    const row = this.#database
      .prepare(
        `SELECT ${REVISION_FIELDS} FROM revisions WHERE hash = ?1 AND (?2 IS NULL OR namespace = ?2) LIMIT 1`,
      )
      .get(hash, namespace ?? null);
    return row === undefined ? null : revisionOf(row);
  }

  namespacesOf(hash: string): string[] {
    return this.#database
      .prepare('SELECT DISTINCT namespace FROM revisions WHERE hash = ? ORDER BY namespace')
      .all(hash)
      .map((row) => String(row['namespace']));
  }

  newestOfEach(): RevisionSummary[] {
    return this.#database
      .prepare(
        `SELECT ${SUMMARY_FIELDS} FROM revisions AS r
         WHERE rowid = (SELECT max(rowid) FROM revisions WHERE namespace = r.namespace AND gateway = r.gateway)
         ORDER BY namespace, gateway`,
      )
      .all()
      .map(summaryOf);
  }
}
