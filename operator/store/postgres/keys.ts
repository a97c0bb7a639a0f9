import type { KeyChangeQuery, KeyChanges, KeyQuery, NewKey, PutKeyResult, StoredKey } from '../keys.ts';
import { KEY_FIELDS, keyOf, NEW_KEY_FIELDS, newKeyValues, putBeside } from '../rows.ts';
import type { Database, Run } from './database.ts';

const NEW_KEY_MARKS = NEW_KEY_FIELDS.split(', ')
  .map((_, index) => `$${index + 1}`)
  .join(', ');

/** The keys of callers, for every control plane. */
export class PostgresKeys {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  put(key: NewKey, most: number): Promise<PutKeyResult> {
    return this.#database.transaction<PutKeyResult>(async (run) => {
      // First: from here on until the commit nobody else changes a key.
      const position = await next(run);
      const rows = await run(`SELECT ${KEY_FIELDS} FROM keeptrusts.keys WHERE id = $1 OR sha256 = $2`, [
        key.id,
        key.sha256,
      ]);
      const there = rows.map(keyOf);
      if (there.length > 0) return { undo: putBeside(key, there) };
      const [count] = await run(
        `SELECT count(*) AS n FROM keeptrusts.keys
         WHERE namespace = $1 AND namespace_uid IS NOT DISTINCT FROM $2 AND revoked_at IS NULL`,
        [key.namespace, key.namespaceUid],
      );
      if (Number(count?.['n']) >= most) return { undo: { result: 'full' } };
      const [row] = await run(
        `INSERT INTO keeptrusts.keys (created_position, position, ${NEW_KEY_FIELDS})
         VALUES ($${POSITION}, $${POSITION}, ${NEW_KEY_MARKS}) RETURNING ${KEY_FIELDS}`,
        [...newKeyValues(key), position],
      );
      return { commit: { result: 'kept', key: keyOf(row!) } };
    });
  }

  async get(id: string): Promise<StoredKey | null> {
    const [row] = await this.#database.query(`SELECT ${KEY_FIELDS} FROM keeptrusts.keys WHERE id = $1`, [id]);
    return row === undefined ? null : keyOf(row);
  }

  revoke(id: string, { at, by }: { at: number; by: string }): Promise<StoredKey | null> {
    return this.#database.transaction<StoredKey | null>(async (run) => {
      const position = await next(run);
      const [row] = await run(
        `UPDATE keeptrusts.keys SET revoked_at = $2, revoked_by = $3, position = $4
         WHERE id = $1 AND revoked_at IS NULL RETURNING ${KEY_FIELDS}`,
        [id, at, by, position],
      );
      if (row !== undefined) return { commit: keyOf(row) };
      const [there] = await run(`SELECT ${KEY_FIELDS} FROM keeptrusts.keys WHERE id = $1`, [id]);
      return { undo: there === undefined ? null : keyOf(there) };
    });
  }

  async list(query: KeyQuery): Promise<{ keys: StoredKey[]; next: number | null }> {
    const { namespace, gateway, revoked, limit, before } = query;
    const rows = await this.#database.query(
      `SELECT ${KEY_FIELDS} FROM keeptrusts.keys
       WHERE ($1::text IS NULL OR namespace = $1) AND ($2::text IS NULL OR gateway IS NULL OR gateway = $2)
         AND ($3::boolean OR revoked_at IS NULL) AND ($4::bigint IS NULL OR created_position < $4)
       ORDER BY created_position DESC LIMIT $5`,
      [namespace, gateway, revoked, before, limit + 1],
    );
    const keys = rows.slice(0, limit).map(keyOf);
    return { keys, next: rows.length > limit ? keys.at(-1)!.createdPosition : null };
  }

  async changes(query: KeyChangeQuery): Promise<KeyChanges> {
    const { namespace, namespaceUid, gateway, after, until, limit } = query;
    // A statement of its own, and first: what is committed then is visible to the one that follows.
    const last = until ?? (await this.position());
    const rows = await this.#database.query(
      `SELECT ${KEY_FIELDS} FROM keeptrusts.keys
       WHERE namespace = $1 AND namespace_uid IS NOT DISTINCT FROM $7 AND (gateway IS NULL OR gateway = $2)
         AND position > $3 AND position <= $4 AND ($5::boolean OR revoked_at IS NULL)
       ORDER BY position LIMIT $6`,
      [namespace, gateway, after, last, until === null, limit + 1, namespaceUid],
    );
    const keys = rows.slice(0, limit).map(keyOf);
    const more = rows.length > limit;
    return { keys, position: more ? keys.at(-1)!.position : last, more };
  }

  async position(): Promise<number> {
    const [row] = await this.#database.query('SELECT last FROM keeptrusts.key_position');
    return Number(row?.['last']);
  }
}

/** Number of the parameter that follows those of a new key. */
const POSITION = NEW_KEY_FIELDS.split(', ').length + 1;

/** The next position. Its row stays locked until the end of the transaction. */
async function next(run: Run): Promise<number> {
  const [row] = await run('UPDATE keeptrusts.key_position SET last = last + 1 RETURNING last');
  return Number(row?.['last']);
}
