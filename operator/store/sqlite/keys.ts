import type { DatabaseSync } from 'node:sqlite';
import type { KeyChangeQuery, KeyChanges, KeyQuery, NewKey, PutKeyResult, StoredKey } from '../keys.ts';
import { KEY_FIELDS, keyOf, NEW_KEY_FIELDS, newKeyValues, putBeside } from '../rows.ts';

const NEW_KEY_MARKS = NEW_KEY_FIELDS.split(', ')
  .map(() => '?')
  .join(', ');

/** The keys of callers. One connection writes, so that positions are committed in their order. */
export class SqliteKeys {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  put(key: NewKey, most: number): PutKeyResult {
    return this.#transaction(() => {
      const there = this.#database
        .prepare(`SELECT ${KEY_FIELDS} FROM keys WHERE id = ? OR sha256 = ?`)
        .all(key.id, key.sha256)
        .map(keyOf);
      if (there.length > 0) return putBeside(key, there);
      const row = this.#database
        .prepare(
          'SELECT count(*) AS n FROM keys WHERE namespace = ? AND namespace_uid IS ? AND revoked_at IS NULL',
        )
        .get(key.namespace, key.namespaceUid);
      if (Number(row!['n']) >= most) return { result: 'full' };
      const position = this.#next();
      this.#database
        .prepare(
          `INSERT INTO keys (${NEW_KEY_FIELDS}, created_position, position) VALUES (${NEW_KEY_MARKS}, ?, ?)`,
        )
        .run(...newKeyValues(key), position, position);
      return { result: 'kept', key: this.get(key.id)! };
    });
  }

  get(id: string): StoredKey | null {
    const row = this.#database.prepare(`SELECT ${KEY_FIELDS} FROM keys WHERE id = ?`).get(id);
    return row === undefined ? null : keyOf(row);
  }

  revoke(id: string, { at, by }: { at: number; by: string }): StoredKey | null {
    return this.#transaction(() => {
      if (this.get(id)?.revokedAt === null) {
        this.#database
          .prepare('UPDATE keys SET revoked_at = ?, revoked_by = ?, position = ? WHERE id = ?')
          .run(at, by, this.#next(), id);
      }
      return this.get(id);
    });
  }

  list({ namespace, gateway, revoked, limit, before }: KeyQuery): { keys: StoredKey[]; next: number | null } {
    const keys = this.#database
      .prepare(
        `SELECT ${KEY_FIELDS} FROM keys
         WHERE (?1 IS NULL OR namespace = ?1) AND (?2 IS NULL OR gateway IS NULL OR gateway = ?2)
           AND (?3 OR revoked_at IS NULL) AND (?4 IS NULL OR created_position < ?4)
         ORDER BY created_position DESC LIMIT ?5`,
      )
      .all(namespace, gateway, revoked ? 1 : 0, before, limit + 1)
      .map(keyOf);
    const page = keys.slice(0, limit);
    return { keys: page, next: keys.length > limit ? page.at(-1)!.createdPosition : null };
  }

  changes({ namespace, namespaceUid, gateway, after, until, limit }: KeyChangeQuery): KeyChanges {
    const last = until ?? this.position();
    const keys = this.#database
      .prepare(
        `SELECT ${KEY_FIELDS} FROM keys
         WHERE namespace = ? AND namespace_uid IS ? AND (gateway IS NULL OR gateway = ?)
           AND position > ? AND position <= ? AND (? OR revoked_at IS NULL)
         ORDER BY position LIMIT ?`,
      )
      .all(namespace, namespaceUid, gateway, after, last, until === null ? 1 : 0, limit + 1)
      .map(keyOf);
    const page = keys.slice(0, limit);
    const more = keys.length > limit;
    return { keys: page, position: more ? page.at(-1)!.position : last, more };
  }

  position(): number {
    return Number(this.#database.prepare('SELECT last FROM key_position').get()!['last']);
  }

  #next(): number {
    const row = this.#database.prepare('UPDATE key_position SET last = last + 1 RETURNING last').get();
    return Number(row!['last']);
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
