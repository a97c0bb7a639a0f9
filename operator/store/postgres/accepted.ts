import type { AcceptedSpec } from '../../domain/snapshot.ts';
import { ACCEPTED_FIELDS, acceptedOf } from '../rows.ts';
import type { Database } from './database.ts';
import { ACCEPTED_LOCKS } from './locks.ts';

/** The last accepted specification of every object, also of those that no gateway holds now. */
export class PostgresAccepted {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async keep(namespace: string, specs: readonly AcceptedSpec[]): Promise<void> {
    await this.#database.transaction(async (run) => {
      // One control plane at a time, since two could not both put a row where the other has just put one.
      await run('SELECT pg_advisory_xact_lock($1, hashtext($2))', [ACCEPTED_LOCKS, namespace]);
      await run('DELETE FROM keeptrusts.accepted WHERE namespace = $1', [namespace]);
      await run(
        `INSERT INTO keeptrusts.accepted (namespace, kind, name, uid, generation, spec)
         SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])`,
        [
          namespace,
          specs.map(({ kind }) => kind),
          specs.map(({ name }) => name),
          specs.map(({ uid }) => uid),
          specs.map(({ generation }) => generation),
          specs.map(({ spec }) => JSON.stringify(spec)),
        ],
      );
      return { commit: undefined };
    });
  }

  async list(): Promise<AcceptedSpec[]> {
    const rows = await this.#database.query(
      `SELECT ${ACCEPTED_FIELDS} FROM keeptrusts.accepted ORDER BY namespace, kind, name`,
    );
    return rows.map(acceptedOf);
  }
}
