import { openPostgresStore } from './postgres/store.ts';
import { openSqliteStore } from './sqlite/store.ts';
import type { Store } from './store.ts';

/**
 * Opens the store: PostgreSQL where there is a URL of one, else the SQLite file of this control plane alone.
 * @throws StoreError when it cannot be used; its message never holds the URL's password
 */
export function openStore(place: { databaseUrl?: string | undefined; file: string }): Promise<Store> {
  return place.databaseUrl === undefined ? openSqliteStore(place.file) : openPostgresStore(place.databaseUrl);
}
