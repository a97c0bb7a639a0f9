import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openPostgresStore } from '../../../operator/store/postgres/store.ts';
import { selfSignedCertificate } from '../../fakes/certificate.ts';
import { type PostgresServer, startPostgres } from '../../fakes/postgres.ts';
import { postgresFiles } from '../../fakes/postgres-files.ts';

describe('PostgreSQL over TLS', () => {
  let server: PostgresServer;
  let folder: string;
  let url: URL;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'keeptrusts-tls-'));
    chmodSync(folder, 0o755);
    const { user } = postgresFiles();
    const { certificate, key } = selfSignedCertificate();
    for (const [name, text] of Object.entries({ 'server.pem': certificate, 'server.key': key })) {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      if (user !== null) chownSync(join(folder, name), user.uid, user.gid);
    }
    writeFileSync(join(folder, 'ca.pem'), certificate);
    writeFileSync(join(folder, 'other.pem'), selfSignedCertificate().certificate);
    server = await startPostgres({
      ssl: 'on',
      ssl_cert_file: join(folder, 'server.pem'),
      ssl_key_file: join(folder, 'server.key'),
    });
    url = new URL(await server.createDatabase());
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const opened = async (query: string, host = '127.0.0.1'): Promise<string> => {
    const to = new URL(url);
    to.hostname = host;
    to.search = query;
    try {
      const store = await openPostgresStore(to.href);
      const [row] = await server.admin(
        "SELECT bool_or(ssl) AS encrypted FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'keeptrusts'",
      );
      await store.close();
      return row?.['encrypted'] === true ? 'encrypted' : 'plain';
    } catch (error) {
      return String(error);
    }
  };

  it('checks the certificate by the authority that the URL names', async () => {
    expect(await opened(`sslmode=verify-full&sslrootcert=${join(folder, 'ca.pem')}`)).to.equal('encrypted');
    expect(await opened(`sslmode=verify-full&sslrootcert=${join(folder, 'ca.pem')}`, 'localhost')).to.equal(
      'encrypted',
    );
  });

  it('refuses one that nobody vouches for, or another does, and says why', async () => {
    expect(await opened('sslmode=verify-full')).to.match(
      /StoreError: PostgreSQL at 127\.0\.0\.1:\d+: .*self-signed certificate/,
    );
    expect(await opened(`sslmode=verify-full&sslrootcert=${join(folder, 'other.pem')}`)).to.match(
      /StoreError: .*(self-signed|verify)/,
    );
  });

  it('encrypts without a check, or not at all, where the URL says so', async () => {
    expect(await opened('sslmode=no-verify')).to.equal('encrypted');
    expect(await opened('sslmode=disable')).to.equal('plain');
  });

  it('means by the other modes what libpq does, and warns of none', async () => {
    const warnings: string[] = [];
    const heard = ({ message }: Error): void => {
      warnings.push(message);
    };
    process.on('warning', heard);
    try {
      const [ca, other] = ['ca.pem', 'other.pem'].map((name) => `sslrootcert=${join(folder, name)}`);
      expect(await opened('sslmode=require')).to.equal('encrypted');
      expect(await opened('sslmode=require&uselibpqcompat=true')).to.equal('encrypted');
      expect(await opened('sslmode=prefer')).to.equal('encrypted');
      expect(await opened(`sslmode=require&${other}`)).to.match(/StoreError: .*(self-signed|verify)/);
      expect(await opened(`sslmode=verify-ca&${other}`)).to.match(/StoreError: .*(self-signed|verify)/);
      // The same server by a name that its certificate does not have.
      expect(await opened(`sslmode=verify-full&${ca}`, '127.1')).to.contain(
        "not match certificate's altnames",
      );
      expect(await opened(`sslmode=verify-ca&${ca}`, '127.1')).to.equal('encrypted');
      expect(await opened('sslmode=verify-ca')).to.contain('sslmode=verify-ca needs sslrootcert');
      expect(warnings).to.deep.equal([]);
    } finally {
      process.off('warning', heard);
    }
  });
});
