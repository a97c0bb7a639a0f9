import type { DatabaseSync } from 'node:sqlite';
import type { AcceptedSpec } from '../../domain/snapshot.ts';
import { ACCEPTED_FIELDS, acceptedOf } from '../rows.ts';

/** The last accepted specification of every object, also of those that no gateway holds now. */
export class SqliteAccepted {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  keep(namespace: string, specs: readonly AcceptedSpec[]): void {
    const insert = this.#database.prepare(
      `INSERT INTO accepted (${ACCEPTED_FIELDS}) VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      this.#database.prepare('DELETE FROM accepted WHERE namespace = ?').run(namespace);
      for (const { kind, name, uid, generation, spec } of specs) {
        insert.run(kind, namespace, name, uid, generation, JSON.stringify(spec));
      }
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  list(): AcceptedSpec[] {
    return this.#database
      .prepare(`SELECT ${ACCEPTED_FIELDS} FROM accepted ORDER BY namespace, kind, name`)
      .all()
      .map(acceptedOf);
  }
}
