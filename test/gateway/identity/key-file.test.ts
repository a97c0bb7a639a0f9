import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { KeyFile } from '../../../gateway/identity/key-file.ts';
import { TestFolder } from '../../fakes/folder.ts';

const key = {
  id: 'one',
  sha256: 'a'.repeat(64),
  team: 'réd',
  models: ['m'],
  expires_at: '2027-01-01T00:00:00Z',
};

describe('the file of keys', () => {
  let folder: TestFolder;
  let path: string;
  const owner = { namespace: 'default', gateway: 'local' };
  beforeEach(() => {
    folder = new TestFolder();
    path = folder.file('caller-keys');
  });
  afterEach(() => folder.remove());

  it('gives back what was put into it, with the time of the last confirmation, readable by its owner alone', async () => {
    const file = new KeyFile(path, owner);
    expect(file.read()).to.equal(null);
    await file.write({ keys: [key], confirmedAt: 1_700_000_000_000 });
    expect(file.read()).to.deep.equal({ keys: [key], confirmedAt: 1_700_000_000_000 });
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    await file.confirm(1_700_000_050_000);
    expect(file.read()?.confirmedAt).to.equal(1_700_000_050_000);
    await file.write({ keys: [], confirmedAt: 1 });
    expect(file.read()?.keys).to.deep.equal([]);
  });

  it('refuses what is spoilt anywhere, of another gateway or of another version', async () => {
    await new KeyFile(path, owner).write({ keys: [key], confirmedAt: 5 });
    const good = readFileSync(path, 'utf8');
    const refused = (): string => {
      try {
        return `read: ${JSON.stringify(new KeyFile(path, owner).read())}`;
      } catch (error) {
        return (error as Error).message;
      }
    };
    const spoilt = [...good].map(
      (char, at) => good.slice(0, at) + (char === '0' ? '1' : '0') + good.slice(at + 1),
    );
    const cut = [...good].map((_, at) => good.slice(0, at));
    for (const text of [...spoilt, ...cut, `${good} `, '{}', '\n']) {
      writeFileSync(path, text);
      expect(refused(), text).to.equal('its checksum is not that of its keys');
    }
    writeFileSync(path, good);
    expect(() => new KeyFile(path, { namespace: 'default', gateway: 'other' }).read()).to.throw(
      'it is not of the gateway default/other',
    );
    await new KeyFile(path, owner).write({ keys: [{ ...key, limit: 1 } as never], confirmedAt: 5 });
    expect(refused()).to.equal('another version wrote it');
  });

  it('throws where it cannot be read or written', async () => {
    mkdirSync(path);
    const file = new KeyFile(path, owner);
    expect(() => file.read()).to.throw('EISDIR');
    const failure = await file.write({ keys: [], confirmedAt: 5 }).catch((error: Error) => error.message);
    expect(failure).to.contain('EISDIR');
  });
});
