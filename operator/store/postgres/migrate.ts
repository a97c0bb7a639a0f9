import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StoreError } from '../errors.ts';
import type { Database } from './database.ts';
import { MIGRATE_LOCK } from './locks.ts';
import { catchUp } from './sequences.ts';

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

/**
 * Brings the tables to this version, all or nothing, one control plane at a time.
 * @throws StoreError when a newer version made them, or they cannot be made
 */
export async function migrate(database: Database): Promise<void> {
  const { server, database: name } = database.where;
  const migrations = readMigrations();
  const newest = migrations.length;
  // A big table may take its time, and so may the other control plane that does it first.
  await database.patientTransaction(async (run) => {
    await run('SELECT pg_advisory_xact_lock($1)', [MIGRATE_LOCK]);
    const [encoding] = await run('SHOW server_encoding');
    if (encoding?.['server_encoding'] !== 'UTF8') {
      throw new StoreError(
        `database '${name}' at ${server} is encoded in ${encoding?.['server_encoding']}. Give one that is made with ENCODING 'UTF8'.`,
      );
    }
    // Where it was made for us, it takes no right to make one.
    const [schema] = await run("SELECT to_regnamespace('keeptrusts') IS NOT NULL AS there");
    if (schema?.['there'] !== true) await run('CREATE SCHEMA keeptrusts');
    await run(
      'CREATE TABLE IF NOT EXISTS keeptrusts.migrations (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const [row] = await run('SELECT coalesce(max(version), 0) AS version FROM keeptrusts.migrations');
    const found = Number(row?.['version']);
    if (found > newest) {
      throw new StoreError(
        `database '${name}' at ${server} was written by a newer control plane (schema ${found}, this one knows ${newest}). Run that version, or one after it.`,
      );
    }
    for (const one of migrations.slice(found)) {
      await run(one.sql);
      await run('INSERT INTO keeptrusts.migrations (version, name) VALUES ($1, $2)', [one.version, one.name]);
    }
    await catchUp(run);
    return { commit: undefined };
  });
}
