import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ensureFolder, StateFolderError, writeState } from '../../../gateway/contract/ensure-folder.ts';

describe('ensureFolder', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'keeptrusts-folder-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('makes a folder and its parents for their owner only, and takes one that is there', () => {
    const deep = join(dir, 'a', 'b', 'c');
    ensureFolder(deep);
    ensureFolder(deep);
    expect(statSync(join(dir, 'a')).mode & 0o777).to.equal(0o700);
    expect(statSync(deep).mode & 0o777).to.equal(0o700);
  });

  it('says in one line which folder cannot be written, where a file is in the way', () => {
    writeFileSync(join(dir, 'file'), '');
    const inside = join(dir, 'file', 'state');
    expect(() => ensureFolder(inside)).to.throw(
      StateFolderError,
      new RegExp(
        `^the state folder ${inside} cannot be written \\((ENOTDIR|EEXIST)\\): name another with --state-dir\\.$`,
      ),
    );
  });

  it('ends where the file system answers ENOENT for ever', function () {
    if (process.platform !== 'linux') this.skip();
    for (const folder of ['/proc/x', '/proc/x/y']) {
      expect(() => ensureFolder(folder)).to.throw(StateFolderError, `${folder} cannot be written (ENOENT)`);
    }
  });

  it('says the same of a file in it that the system refuses', () => {
    expect(() => writeState(dir, () => writeFileSync(join(dir, 'no', 'file'), ''))).to.throw(
      StateFolderError,
      `${dir} cannot be written (ENOENT)`,
    );
  });
});
