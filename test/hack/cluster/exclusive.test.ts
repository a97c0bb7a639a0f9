import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { makeExclusive } from '../../../hack/cluster/exclusive.ts';
import { TestFolder } from '../../fakes/folder.ts';

describe('a file that one process may have', () => {
  let folder: TestFolder;
  let file: string;
  const read = (): string => readFileSync(file, 'utf8');
  const isLeft = (content: string): boolean => content === 'left';

  beforeEach(() => {
    folder = new TestFolder();
    file = folder.file('lock');
  });
  afterEach(() => {
    expect(readdirSync(folder.path)).to.deep.equal(['lock']);
    folder.remove();
  });

  it('is made where there is none, and stays that of who has it', () => {
    expect(makeExclusive(file, 'mine', isLeft)).to.equal(true);
    expect(makeExclusive(file, 'another', isLeft)).to.equal(false);
    expect(read()).to.equal('mine');
  });

  it('takes the place of what was left', () => {
    writeFileSync(file, 'left');
    expect(makeExclusive(file, 'mine', isLeft)).to.equal(true);
    expect(read()).to.equal('mine');
  });

  it('is not taken from somebody who replaced what was left at that moment', () => {
    writeFileSync(file, 'left');
    const taken = makeExclusive(file, 'mine', (content) => {
      if (content !== 'left') return false;
      writeFileSync(file, 'of another');
      return true;
    });
    expect(taken).to.equal(false);
    expect(read()).to.equal('of another');
  });
});
