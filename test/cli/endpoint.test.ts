import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { findEndpoint } from '../../cli/endpoint.ts';
import { removeEndpoint, writeEndpoint } from '../../gateway/contract/endpoint-file.ts';

describe('the endpoint in a state folder', () => {
  let folder: string;
  let tokenFile: string;
  let warnings: string[];
  const io = { env: {} };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'keeptrusts-endpoint-'));
    tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, 'secret\n');
    warnings = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const file = () => join(folder, 'endpoint.json');
  const write = () =>
    writeEndpoint(
      folder,
      { kind: 'gateway', url: 'http://127.0.0.1:1', tokenFile },
      (text) => void warnings.push(text),
    );
  const find = () => findEndpoint({ stateDir: folder }, io);
  const ofProcess = (pid: number) =>
    writeFileSync(file(), JSON.stringify({ ...JSON.parse(readFileSync(file(), 'utf8')), pid }));

  it('is found while something runs, and told to be gone after a clean end', () => {
    write();
    expect(find()).to.deep.include({ kind: 'gateway', url: 'http://127.0.0.1:1', token: 'secret' });
    removeEndpoint(folder);
    expect(existsSync(file())).to.equal(false);
    expect(find).to.throw(/^nothing runs here: there is no .*endpoint\.json\. Start one with 'kt up'/);
    removeEndpoint(folder);
  });

  it('names the token file when that one is gone, and the file when it is spoilt', () => {
    write();
    rmSync(tokenFile);
    expect(find).to.throw(/^the token file .*token, which .*endpoint\.json names, cannot be read \(ENOENT\)/);
    expect(findEndpoint({ stateDir: folder, apiToken: 'mine' }, io).token).to.equal('mine');
    writeFileSync(file(), '{');
    expect(find).to.throw(/endpoint\.json is not what 'kt up' and 'kt gateway run' write there/);
  });

  it('warns when it replaces that of a live process, and leaves that of another alone', () => {
    write();
    ofProcess(process.ppid);
    removeEndpoint(folder);
    expect(existsSync(file())).to.equal(true);
    write();
    expect(warnings.join('')).to.match(/^Warning: process \d+ serves http:\/\/127\.0\.0\.1:1 .*\n$/);
    // No process has so high an id.
    ofProcess(2 ** 30);
    write();
    expect(warnings).to.have.length(1);
  });
});
