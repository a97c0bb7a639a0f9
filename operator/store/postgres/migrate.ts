import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StoreError } from '../errors.ts';
import type { Database } from './database.ts';
import { MIGRATE_LOCK } from './locks.ts';

const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));

interface Migration {
  version: number;
  name: string;
  sql: string;
}

/** `0001_tables.sql`, …: numbered without a gap, never changed once released. */
function readMigrations(): Migration[] {
  return globSync(`${FOLDER}/*.sql`)
    .sort()
    .map((file) => ({
      version: Number(basename(file).slice(0, 4)),
      name: basename(file, '.sql'),
      sql: readFileSync(file, 'utf8'),
    }));
}

/** A copy by logical replication has the rows, and sequences that begin anew. */
const CATCH_UP = `
SELECT setval('keeptrusts.positions', highest) FROM (SELECT max(position) AS highest FROM keeptrusts.events) AS kept
  WHERE highest > (SELECT last_value FROM keeptrusts.positions);
SELECT setval('keeptrusts.archived', highest) FROM (SELECT max(archived) AS highest FROM keeptrusts.revisions) AS kept
  WHERE highest > (SELECT last_value FROM keeptrusts.archived)`;

/**
 * Brings the tables to this version, all or nothing, one control plane at a time.
 * @throws StoreError when a newer version made them, or they cannot be made
 */
export async function migrate(database: Database): Promise<void> {
  const migrations = readMigrations();
  const newest = migrations.length;
  await database.transaction(async (run) => {
    // A big table may take its time, and so may the other control plane that does it first.
    await run('SET LOCAL statement_timeout = 0');
    await run('SET LOCAL lock_timeout = 0');
    await run('SELECT pg_advisory_xact_lock($1)', [MIGRATE_LOCK]);
    // Where it was made for us, it takes no right to make one.
    const [schema] = await run("SELECT to_regnamespace('keeptrusts') IS NOT NULL AS there");
    if (schema?.['there'] !== true) await run('CREATE SCHEMA keeptrusts');
    await run(
      'CREATE TABLE IF NOT EXISTS keeptrusts.migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const [row] = await run('SELECT coalesce(max(version), 0) AS version FROM keeptrusts.migrations');
    const found = Number(row?.['version']);
    if (found > newest) {
      const { server, database: name } = database.where;
      throw new StoreError(
        `database '${name}' at ${server} was written by a newer control plane (schema ${found}, this one knows ${newest}). Run that version, or one after it.`,
      );
    }
    for (const { version, name, sql } of migrations.slice(found)) {
      await run(sql);
      await run('INSERT INTO keeptrusts.migrations (version, name) VALUES ($1, $2)', [version, name]);
    }
    await run(CATCH_UP);
    return { commit: undefined };
  });
}
