import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { type Credentials, createCredentials } from '../../../gateway/config/credentials.ts';
import type { SecretRef, Target } from '../../../gateway/contract/document.ts';

const SECRET = 'canary-credential-0123456789';
const target = (secret_key_ref?: SecretRef): Target => ({
  id: 'a',
  provider: 'openai',
  ...(secret_key_ref === undefined ? {} : { secret_key_ref }),
});

describe('provider credentials', () => {
  let dir: string;
  let open: Credentials[];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'secrets-'));
    open = [];
  });
  afterEach(async () => {
    for (const credentials of open) credentials.close();
    await rm(dir, { recursive: true });
  });
  const create = (env: Record<string, string> = {}, secretsDir: string | null = dir): Credentials => {
    const credentials = createCredentials({ env, secretsDir, pollMs: 50 });
    open.push(credentials);
    return credentials;
  };
  const problemOf = async (credentials: Credentials, ref: SecretRef): Promise<string | null> => {
    await credentials.prepare([ref]);
    return credentials.problem(ref);
  };

  it('reads the environment, the store and files, without the line end that editors add', async () => {
    await mkdir(join(dir, 'openai'));
    await writeFile(join(dir, 'openai', 'key'), `${SECRET}-file\n`);
    await writeFile(join(dir, 'groq'), `${SECRET}-store\r\n`);
    const credentials = create({ KEY: `${SECRET}-env` });
    const refs: SecretRef[] = [
      { env: 'KEY' },
      { store: 'groq' },
      { file: 'openai/key' },
      { file: join(dir, 'groq') },
    ];
    await credentials.prepare(refs);
    expect(refs.map((ref) => credentials.of(target(ref)))).to.deep.equal([
      `${SECRET}-env`,
      `${SECRET}-store`,
      `${SECRET}-file`,
      `${SECRET}-store`,
    ]);
    expect(refs.map((ref) => credentials.problem(ref))).to.deep.equal([null, null, null, null]);
    expect(credentials.of(target())).to.equal(null);
  });

  it('says why there is none, and never what it is', async () => {
    await writeFile(join(dir, 'two-lines'), `${SECRET}\n${SECRET}\n`);
    await writeFile(join(dir, 'empty'), ' \n');
    await mkdir(join(dir, 'folder'));
    const credentials = create({ EMPTY: '' });
    expect(await problemOf(credentials, { env: 'ABSENT' })).to.equal(
      'the environment variable ABSENT is not set',
    );
    expect(await problemOf(credentials, { env: 'EMPTY' })).to.match(/EMPTY is empty/);
    expect(await problemOf(credentials, { env: 'constructor' })).to.match(/is not set/);
    expect(await problemOf(credentials, { store: 'two-lines' })).to.match(/more than one line/);
    expect(await problemOf(credentials, { store: 'empty' })).to.match(/is empty/);
    expect(await problemOf(credentials, { store: 'absent' })).to.match(/is not there/);
    expect(await problemOf(credentials, { store: 'folder' })).to.match(/cannot be read \(no regular file\)/);
    expect(await problemOf(credentials, { file: '../../etc/passwd' })).to.match(/leads out of the folder/);
    expect(await problemOf(create({}, null), { file: 'openai/key' })).to.match(/no folder of secrets/);
    expect(() => credentials.of(target({ store: 'two-lines' }))).to.throw(/more than one line/);
    expect(() => credentials.of(target({ store: 'never-prepared' }))).to.throw(/was not read/);
    for (const shown of [inspect(credentials, { depth: 9 }), JSON.stringify(credentials)]) {
      expect(shown).to.not.include(SECRET);
    }
  });

  it('follows a file that appears, changes by a swapped link, and vanishes', async function () {
    this.timeout(15_000);
    const credentials = create();
    const ref: SecretRef = { file: 'openai/key' };
    let changes = 0;
    credentials.onChange(() => {
      changes += 1;
    });
    expect(await problemOf(credentials, ref)).to.match(/is not there/);
    const until = async (holds: () => boolean): Promise<void> => {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    const value = (): string | null =>
      credentials.problem(ref) === null ? credentials.of(target(ref)) : null;
    const put = async (version: string): Promise<void> => {
      await mkdir(join(dir, version));
      await writeFile(join(dir, version, 'key'), `${SECRET}-${version}`);
      await symlink(version, join(dir, 'tmp'));
      await rename(join(dir, 'tmp'), join(dir, 'openai'));
    };
    await put('v1');
    await until(() => value() === `${SECRET}-v1`);
    await put('v2');
    await until(() => value() === `${SECRET}-v2`);
    await unlink(join(dir, 'openai'));
    await until(() => value() === null);
    expect(changes).to.equal(3);
  });
});
