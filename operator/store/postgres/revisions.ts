import type { ArchivedRevision } from '../store.ts';
import type { Database } from './database.ts';

const FIELDS = 'hash, number, namespace, gateway, document, objects, compiled_at';

/** The archive of compiled revisions; two gateways may run the same one. */
export class PostgresRevisions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async archive(revision: ArchivedRevision): Promise<void> {
    await this.#database.query(
      `INSERT INTO keeptrusts.revisions (${FIELDS}) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (hash, namespace, gateway) DO UPDATE SET number = excluded.number, document = excluded.document,
         objects = excluded.objects, compiled_at = excluded.compiled_at, archived = excluded.archived`,
      [
        revision.hash,
        revision.number,
        revision.namespace,
        revision.gateway,
        revision.document,
        JSON.stringify(revision.objects),
        revision.compiledAt,
      ],
    );
  }

  async get(hash: string): Promise<ArchivedRevision | null> {
    const [row] = await this.#database.query(
      `SELECT ${FIELDS} FROM keeptrusts.revisions WHERE hash = $1 LIMIT 1`,
      [hash],
    );
    return row === undefined ? null : toRevision(row);
  }

  async newestOfEach(): Promise<ArchivedRevision[]> {
    const rows = await this.#database.query(
      `SELECT DISTINCT ON (namespace, gateway) ${FIELDS} FROM keeptrusts.revisions
       ORDER BY namespace, gateway, archived DESC`,
    );
    return rows.map(toRevision);
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
