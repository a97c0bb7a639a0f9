import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { writeVolume } from '../../../../operator/local/node/volume-folder.ts';
import { TestFolder } from '../../../fakes/folder.ts';

describe('volume folder', () => {
  let test: TestFolder;
  let folder: string;
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const visible = (): string[] => readdirSync(folder).filter((name) => !name.startsWith('..'));
  const write = (files: Record<string, string>): boolean =>
    writeVolume(folder, new Map(Object.entries(files)));

  beforeEach(() => {
    test = new TestFolder();
    folder = test.file('volume');
  });
  afterEach(() => test.remove());

  it('swaps all files at once by one link', () => {
    expect(write({ a: '1', b: '1' })).to.equal(true);
    const first = readlinkSync(join(folder, '..data'));
    expect(write({ a: '2', b: '2' })).to.equal(true);
    expect(readlinkSync(join(folder, '..data'))).to.not.equal(first);
    expect([read('a'), read('b')]).to.deep.equal(['2', '2']);
    expect(readdirSync(folder).filter((name) => name.startsWith('..'))).to.have.length(2);
  });

  it('touches nothing when nothing changed', () => {
    write({ a: '1' });
    expect(write({ a: '1' })).to.equal(false);
  });

  it('removes files that are gone and makes folders of paths', () => {
    write({ 'one/key': '1', two: '2' });
    write({ 'one/key': '1', 'one/other': '3' });
    expect(visible()).to.deep.equal(['one']);
    expect([read('one/key'), read('one/other')]).to.deep.equal(['1', '3']);
    write({});
    expect(visible()).to.deep.equal([]);
  });

  it('tells apart sets of files whose names and contents run together', () => {
    write({ a: 'bc' });
    expect(write({ ab: 'c' })).to.equal(true);
    expect(visible()).to.deep.equal(['ab']);
  });
});
