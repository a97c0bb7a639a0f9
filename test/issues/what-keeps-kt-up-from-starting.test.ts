import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createLocalTokens } from '../../operator/api/auth.ts';
import { listenError, PortInUse } from '../../operator/local/node/ports.ts';
import { TestFolder } from '../fakes/folder.ts';
import { KtProcess, kt, root } from '../fakes/kt-process.ts';

const SAMPLE = join(root, 'config/samples/quickstart');

/** What kept `kt up` from starting was told in words of SQLite, of JSON.parse or of nobody, or as a port in use. */
describe('issue: what keeps kt up from starting is said in one plain message', function () {
  this.timeout(60_000);
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());
  const up = (...args: string[]) => kt(['up', '-f', SAMPLE, ...args], { cwd: folder.path });
  const anyPorts = ['--api-port', '0', '--gateway-port', '0'];

  it('an event store that is none', async () => {
    mkdirSync(folder.file('.keeptrusts'));
    writeFileSync(folder.file('.keeptrusts/events.db'), randomBytes(8192));
    const { code, err } = await up(...anyPorts);
    expect([code, err]).to.deep.equal([
      1,
      `kt: the event store ${folder.file('.keeptrusts/events.db')} cannot be used: file is not a database. Put a copy of it back, or move it away.\n`,
    ]);
  });

  it('an address that this machine does not have', async () => {
    const { code, err } = await up('--host', '256.1.1.1', '--api-port', '0');
    expect(code).to.equal(1);
    expect(err).to.match(
      /^kt: 256\.1\.1\.1 is no address of this machine that can be listened on \(E\w+\)\. /,
    );
    expect(err).to.contain('--host');
  });

  it('one port for two', async () => {
    for (const api of ['45871', '45872']) {
      const { code, err } = await up('--gateway-port', '45871', '--api-port', api);
      expect([code, err]).to.deep.equal([
        1,
        `kt: port ${api} cannot be the API's too: the first gateway has 45871 and 45872. Choose others with --api-port or --gateway-port.\n`,
      ]);
    }
  });

  it('a port for which one must be somebody', () => {
    const refused = Object.assign(new Error('no'), { code: 'EACCES' });
    expect(listenError(refused, 80, '127.0.0.1', '--api-port').message).to.equal(
      'port 80 on 127.0.0.1 may not be opened by this user (EACCES). Choose one above 1023 with --api-port.',
    );
    const used = Object.assign(new Error('no'), { code: 'EADDRINUSE' });
    expect(listenError(used, 80, '127.0.0.1')).to.be.instanceOf(PortInUse);
  });

  it('does not keep it from starting: ports that were written in half', async () => {
    mkdirSync(folder.file('.keeptrusts'));
    for (const text of ['{', 'null', '{"base":0,"ports":{"default/keeptrusts-default":{"shared":"x"}}}']) {
      writeFileSync(folder.file('.keeptrusts/ports.json'), text);
      const running = new KtProcess(['up', '-f', SAMPLE, ...anyPorts], { cwd: folder.path });
      await running.saw(/^Ready: gateway /m);
      expect(await running.stop()).to.equal(0);
    }
  });
});

describe('issue: a secret that was written in half made tokens that anybody can make', () => {
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  for (const found of ['', '\n', 'x', 'ab'.repeat(31), 'zz'.repeat(32)]) {
    it(`is made anew: ${JSON.stringify(found.slice(0, 8))}, ${found.length} characters`, async () => {
      writeFileSync(folder.file('token-secret'), found);
      const tokens = createLocalTokens(folder.path);
      expect(readFileSync(folder.file('token-secret'), 'utf8')).to.match(/^[0-9a-f]{64}\n$/);
      expect(createLocalTokens(folder.path).personToken).to.equal(tokens.personToken);
      expect(existsSync(folder.file('token-secret.new'))).to.equal(false);
    });
  }
});
