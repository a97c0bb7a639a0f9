import { REVISION_FIELDS, revisionOf, revisionValues, SUMMARY_FIELDS, summaryOf } from '../rows.ts';
import type { ArchivedRevision, RevisionSummary } from '../store.ts';
import type { Database } from './database.ts';

/** The archive of compiled revisions; two gateways may run the same one. */
export class PostgresRevisions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async archive(revision: ArchivedRevision): Promise<void> {
    await this.#database.query(
      `INSERT INTO keeptrusts.revisions (${REVISION_FIELDS}) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (hash, namespace, gateway) DO UPDATE SET number = excluded.number, document = excluded.document,
         objects = excluded.objects, compiled_at = excluded.compiled_at, archived = excluded.archived`,
      revisionValues(revision),
    );
  }

  async get(hash: string, namespace?: string): Promise<ArchivedRevision | null> {
    const [row] = await this.#database.query(
      `SELECT ${REVISION_FIELDS} FROM keeptrusts.revisions
       WHERE hash = $1 AND ($2::text IS NULL OR namespace = $2) LIMIT 1`,
      [hash, namespace ?? null],
    );
    return row === undefined ? null : revisionOf(row);
  }

  async namespacesOf(hash: string): Promise<string[]> {
    const rows = await this.#database.query(
      'SELECT DISTINCT namespace FROM keeptrusts.revisions WHERE hash = $1 ORDER BY namespace',
      [hash],
    );
    return rows.map((row) => String(row['namespace']));
  }

  async newestOfEach(): Promise<RevisionSummary[]> {
    const rows = await this.#database.query(
      `SELECT DISTINCT ON (namespace, gateway) ${SUMMARY_FIELDS} FROM keeptrusts.revisions
       ORDER BY namespace, gateway, archived DESC`,
    );
    return rows.map(summaryOf);
  }
}
