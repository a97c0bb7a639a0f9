import { openPostgresStore } from '../../../operator/store/postgres/store.ts';
import { type PostgresServer, startPostgres } from '../../fakes/postgres.ts';
import { storeContract } from '../../operator/store/contract.ts';

describe('PostgreSQL store', () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  storeContract('PostgreSQL', {
    async fresh() {
      const url = await server.createDatabase();
      return () => openPostgresStore(url);
    },
  });
});
