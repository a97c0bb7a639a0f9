import type { Store } from './store.ts';

/**
 * Opens the store: PostgreSQL where there is a URL of one, else the SQLite file of this control plane alone. Only the code
 * of that one is loaded.
 * @throws StoreError when it cannot be used; its message never holds the URL's password
 */
export async function openStore(place: { databaseUrl?: string | undefined; file: string }): Promise<Store> {
  if (place.databaseUrl !== undefined) {
    const { openPostgresStore } = await import('./postgres/store.ts');
    return openPostgresStore(place.databaseUrl);
  }
  const { openSqliteStore } = await import('./sqlite/store.ts');
  return openSqliteStore(place.file);
}
