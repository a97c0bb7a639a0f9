import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { makeOwnFile, narrowFile, writeOwnFile } from '../../../gateway/contract/own-file.ts';
import { TestFolder } from '../../fakes/folder.ts';

describe('files that only their owner may read', () => {
  let folder: TestFolder;
  const modeOf = (name: string): number => statSync(folder.file(name)).mode & 0o777;
  beforeEach(() => {
    folder = new TestFolder();
    chmodSync(folder.path, 0o755);
  });
  afterEach(() => folder.remove());

  function wide(name: string, mode: number): void {
    writeFileSync(folder.file(name), 'old');
    chmodSync(folder.file(name), mode);
  }

  it('makes one, and narrows one that is there without a change of what it holds', () => {
    makeOwnFile(folder.file('new'));
    expect(modeOf('new')).to.equal(0o600);
    wide('old', 0o664);
    makeOwnFile(folder.file('old'));
    expect(modeOf('old')).to.equal(0o600);
    expect(readFileSync(folder.file('old'), 'utf8')).to.equal('old');
  });

  it('narrows only what is there, and gives its owner no right that he had not', () => {
    narrowFile(folder.file('none'));
    wide('locked', 0o444);
    narrowFile(folder.file('locked'));
    expect(modeOf('locked')).to.equal(0o400);
  });

  it('narrows what a link names', () => {
    wide('target', 0o644);
    symlinkSync(folder.file('target'), folder.file('link'));
    makeOwnFile(folder.file('link'));
    expect(modeOf('target')).to.equal(0o600);
  });

  it('writes over one that all could read', () => {
    wide('token', 0o644);
    writeOwnFile(folder.file('token'), 'new');
    expect(modeOf('token')).to.equal(0o600);
    expect(readFileSync(folder.file('token'), 'utf8')).to.equal('new');
  });

  it('says why there can be none', () => {
    expect(() => makeOwnFile(folder.file('no/such')))
      .to.throw()
      .with.property('code', 'ENOENT');
  });
});
