import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { layoutOf } from '../../../hack/cluster/layout.ts';
import { volumeName } from '../../../hack/cluster/objects.ts';
import { watchVolumes } from '../../../hack/cluster/volumes.ts';
import { TestFolder } from '../../fakes/folder.ts';

describe('volumes of a cluster', () => {
  let folder: TestFolder;
  beforeEach(() => {
    folder = new TestFolder();
  });
  afterEach(() => folder.remove());

  it('are emptied when their claim is gone, also beside one that cannot be', async () => {
    const program = folder.file('kubectl');
    const told = [0, 1, 2].map((index) => `${volumeName(index)} ${index === 1 ? 'Bound' : 'Released'}`);
    writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' ${told.map((line) => `'${line}'`).join(' ')}\n`);
    chmodSync(program, 0o755);
    // Nothing can be removed below what is no folder.
    writeFileSync(folder.file('file'), '');
    const folders = [folder.file('file/below'), folder.file('bound'), folder.file('released')];
    for (const path of folders.slice(1)) {
      mkdirSync(path);
      writeFileSync(`${path}/data`, '');
    }
    const said: string[] = [];
    const patched: string[] = [];
    await watchVolumes({
      layout: layoutOf('test'),
      program,
      kubectl: async ([, , name]) => {
        patched.push(name!);
        throw new Error('the API server is away');
      },
      folders,
      say: (line) => void said.push(line),
    });
    expect(said).to.have.length(1);
    expect(said[0]).to.match(new RegExp(`^Volume ${volumeName(0)} cannot be emptied: `));
    expect(patched).to.deep.equal([volumeName(2)]);
    expect(readdirSync(folders[2]!)).to.deep.equal([]);
    expect(existsSync(`${folders[1]}/data`)).to.equal(true);
  });
});
