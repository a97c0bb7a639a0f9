import { readdirSync, readFileSync, statSync } from 'node:fs';
import { expect } from 'chai';
import { removeFileDurable, writeFileAtomic, writeFileDurable } from '../../../operator/local/files.ts';
import { TestFolder } from '../../fakes/folder.ts';

describe('files of the state folder', () => {
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  const ways: [string, (path: string, content: string) => void][] = [
    ['that can be made again', (path, content) => writeFileAtomic(path, content)],
    ['whose content must last', (path, content) => writeFileDurable(path, content, 'content')],
    ['whose change must last', (path, content) => writeFileDurable(path, content, 'change')],
  ];
  for (const [name, write] of ways) {
    it(`${name} are replaced whole, in folders that are made, for their owner only`, () => {
      const path = folder.file('a/b/c.json');
      write(path, 'a long first content');
      write(path, 'second');
      expect(readFileSync(path, 'utf8')).to.equal('second');
      expect(readdirSync(folder.file('a/b'))).to.deep.equal(['c.json']);
      expect(statSync(path).mode & 0o777).to.equal(0o600);
      expect(statSync(folder.file('a/b')).mode & 0o777).to.equal(0o700);
    });
  }

  it('are removed, and removed again without a word', () => {
    const path = folder.file('a/c.json');
    writeFileDurable(path, 'x', 'change');
    removeFileDurable(path);
    removeFileDurable(path);
    expect(readdirSync(folder.file('a'))).to.deep.equal([]);
  });
});
