import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { makeOwnFile, narrowFile } from '../../../gateway/contract/own-file.ts';
import { OLDEST_SQLITE, SCHEMA, SCHEMA_VERSION, UPGRADES } from './schema.ts';

/** Files that SQLite keeps beside a database, and may have left there. */
const BESIDE = ['-wal', '-shm', '-journal'];

/**
 * Opens the database for this process alone.
 * @throws Error when SQLite is too old, another process holds the file, or a newer version wrote it
 */
export function openDatabase(file: string): DatabaseSync {
  const version = process.versions['sqlite'] ?? '0';
  if (older(version, OLDEST_SQLITE)) {
    throw new Error(
      `SQLite ${version} can lose commits; ${OLDEST_SQLITE.join('.')} or newer is needed. Run Node 26 or newer.`,
    );
  }
  const database = open(file);
  try {
    database.exec(`
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = 16777216;
      BEGIN IMMEDIATE; COMMIT;
    `);
  } catch (error) {
    database.close();
    const busy = error instanceof Error && /locked|busy/i.test(error.message);
    throw busy
      ? new Error(
          `${file} is in use by another control plane. With SQLite only one may run; several need PostgreSQL (DATABASE_URL).`,
        )
      : unusable(file, error);
  }
  try {
    upgrade(database, file);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function open(file: string): DatabaseSync {
  try {
    // SQLite would make it readable for all. It gives the files beside it the mode of the database, when it makes them.
    makeOwnFile(file);
    for (const ending of BESIDE) narrowFile(`${file}${ending}`);
    return new DatabaseSync(file);
  } catch (error) {
    throw unusable(file, error);
  }
}

/** SQLite names no file. */
function unusable(file: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(
    `the event store ${file} cannot be used: ${reason}. Put a copy of it back, or move it away.`,
    {
      cause: error,
    },
  );
}

/** Brings the tables to this version in one transaction. @throws Error when a newer version wrote them */
function upgrade(database: DatabaseSync, file: string): void {
  database.exec('BEGIN IMMEDIATE');
  const known = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").get() !== undefined;
  const row = known ? database.prepare("SELECT value FROM meta WHERE name = 'schema'").get() : undefined;
  const found = row === undefined ? SCHEMA_VERSION : Number(row['value']);
  if (found > SCHEMA_VERSION) {
    throw new Error(
      `${file} was written by a newer control plane (schema ${found}, this one knows ${SCHEMA_VERSION}).`,
    );
  }
  for (let version = found + 1; version <= SCHEMA_VERSION; version += 1) {
    database.exec(UPGRADES[version] ?? '');
  }
  database.exec(SCHEMA);
  database.prepare("INSERT OR REPLACE INTO meta VALUES ('schema', ?)").run(String(SCHEMA_VERSION));
  database.prepare("INSERT OR IGNORE INTO meta VALUES ('identity', ?)").run(randomUUID());
  database.exec('COMMIT');
}

function older(version: string, than: readonly number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [index, wanted] of than.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}
