import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { readSource, root, sources } from './sources.ts';

/** Run by name, or read by the compiler alone. */
const TOOLS = [
  '@biomejs/biome',
  'typescript',
  '@types/node',
  '@types/mocha',
  '@types/chai',
  '@types/express',
  '@types/pg',
];

/** Every package that the files of a folder need at run time, directly or through what they import. */
function closure(folder: string): string[] {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const open = [...sources.keys()].filter((path) => path.startsWith(`${folder}/`));
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const file = sources.get(path);
    if (file === undefined) continue;
    for (const name of file.packages) if (!name.startsWith('node:')) packages.add(name);
    open.push(...file.local);
  }
  return [...packages].sort();
}

describe('package.json of a workspace', () => {
  for (const workspace of ['gateway', 'operator', 'cli']) {
    it(`${workspace} lists exactly the packages that its import closure uses`, () => {
      const manifest = JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8'));
      expect(Object.keys(manifest.dependencies).sort()).to.deep.equal(closure(workspace));
    });
  }

  it('the root lists exactly the packages that hack/ and test/ use, and the tools that are run', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const used = globSync('{hack,test}/**/*.ts', { cwd: root }).flatMap((path) => readSource(path).packages);
    const wanted = new Set([...used.filter((name) => !name.startsWith('node:')), ...TOOLS]);
    expect(Object.keys(manifest.devDependencies).sort()).to.deep.equal([...wanted].sort());
  });

  it('the launcher is executable, as npm makes every bin: a clone stays clean', () => {
    expect(statSync(join(root, 'launcher.js')).mode & 0o111).to.equal(0o111);
  });

  it('the lock file holds no download addresses', () => {
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    expect(lock).to.not.match(/"resolved": "https?:/);
  });

  it('every locked package has its integrity hash', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    const bare = Object.entries<{ link?: boolean; integrity?: string; inBundle?: boolean }>(lock.packages)
      .filter(
        ([path, entry]) =>
          path.startsWith('node_modules/') && !entry.link && !entry.inBundle && !entry.integrity,
      )
      .map(([path]) => path);
    expect(bare).to.deep.equal([]);
  });
});
