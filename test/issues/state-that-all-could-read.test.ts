import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeEndpoint } from '../../gateway/contract/endpoint-file.ts';
import { createLocalTokens } from '../../operator/api/auth.ts';
import { openSqliteStore } from '../../operator/store/sqlite/store.ts';
import { eventually, TestFolder } from '../fakes/folder.ts';
import { ask } from '../fakes/gateway.ts';
import { KtUp, policyResource, targetResource } from '../fakes/kt-up.ts';
import { documentOf, LoneGateway } from '../fakes/lone-gateway.ts';
import { Writer } from '../operator/store/contract.ts';

/** The files, of all depths, that others than their owner have any right to. */
function open(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => (statSync(file).mode & 0o077) !== 0);
}

/** Events, and hashes of keys, were readable by every user of the machine where the state folder was one that others can enter. */
describe('issue: state in a folder that others can enter', function () {
  this.timeout(60_000);
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  function wideFolder(name: string): string {
    const dir = folder.file(name);
    mkdirSync(dir);
    chmodSync(dir, 0o755);
    return dir;
  }

  function wideFile(path: string): void {
    writeFileSync(path, '');
    chmodSync(path, 0o644);
  }

  it('the database and what SQLite keeps beside it', async () => {
    const dir = wideFolder('state');
    const store = await openSqliteStore(join(dir, 'events.db'));
    await store.appendEvents(new Writer('s1').batch({}, {}));
    expect(readdirSync(dir)).to.include.members(['events.db', 'events.db-wal']);
    expect(open(dir)).to.deep.equal([]);
    await store.close();
  });

  it('those that were wider, from the next start on', async () => {
    const dir = wideFolder('state');
    for (const name of ['events.db', 'events.db-wal', 'token', 'endpoint.json', 'endpoint.json.new'])
      wideFile(join(dir, name));
    writeFileSync(join(dir, 'token-secret'), 'a'.repeat(64), { mode: 0o644 });
    const store = await openSqliteStore(join(dir, 'events.db'));
    const { personTokenFile: tokenFile } = createLocalTokens(dir);
    writeEndpoint(dir, { kind: 'control-plane', url: 'http://127.0.0.1:1', tokenFile }, () => undefined);
    expect(open(dir)).to.deep.equal([]);
    await store.close();
  });

  it('all of kt up', async () => {
    const dir = wideFolder('state');
    const up = new KtUp({ args: ['--state-dir', dir] });
    try {
      up.write(
        'policy.yaml',
        policyResource({
          entries: [{ name: 'pii', kind: 'PiiDetector', piiDetector: { action: 'Redact' } }],
        }),
      );
      up.write('target.yaml', targetResource('http://127.0.0.1:9'));
      await up.start();
      await fetch(`${up.url}/v1/models`);
      await eventually(() => readdirSync(dir).includes('endpoint.json'), 'the endpoint');
      expect(readdirSync(dir)).to.include.members(['events.db', 'events.db-wal', 'token']);
      expect(open(dir)).to.deep.equal([]);
    } finally {
      await up.remove();
    }
  });

  it('all of a lone gateway: spool, archive of revisions, token keys', async () => {
    const gateway = new LoneGateway();
    try {
      const state = gateway.folder.file('state');
      for (const dir of [state, join(state, 'spool'), join(state, 'revisions'), join(state, 'keys')]) {
        mkdirSync(dir);
        chmodSync(dir, 0o755);
      }
      gateway.configure(documentOf('http://127.0.0.1:9', gateway));
      await gateway.start();
      await gateway.chat(ask('hi', { user: 'somebody' }));
      const names = readdirSync(state, { recursive: true }).map(String);
      for (const kind of [/^spool\/.*\.seg$/, /^spool\/lock$/, /^revisions\/.*\.yaml$/, /^keys\/.*\.json$/])
        expect(
          names.some((name) => kind.test(name)),
          String(kind),
        ).to.equal(true);
      expect(open(state)).to.deep.equal([]);
    } finally {
      await gateway.remove();
    }
  });
});
