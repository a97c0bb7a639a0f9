import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { containerConfig, PARTS, root } from '../../../hack/images/contents.ts';
import { IMAGES, imageName } from '../../../hack/images/names.ts';
import { MANIFESTS } from '../../../hack/images/stage-packages.ts';

/** The instructions of a Dockerfile, without comments. */
function instructions(path: string): [name: string, rest: string][] {
  return readFileSync(join(root, path), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), line.slice(space + 1)];
    });
}

for (const kind of IMAGES) {
  describe(`${kind}/Dockerfile`, () => {
    const all = instructions(`${kind}/Dockerfile`);
    const last = all.slice(all.findLastIndex(([name]) => name === 'FROM'));
    const of = (name: string): string[] => last.filter(([one]) => one === name).map(([, rest]) => rest);

    it('copies the same layers as the archives have, in their order, over nothing', () => {
      expect(of('FROM')).to.deep.equal(['scratch']);
      expect(of('COPY')).to.deep.equal(PARTS.map((part) => `--from=build /stage/${part}/ /`));
      expect(of('RUN')).to.deep.equal([]);
      expect(all.filter(([name]) => name === 'RUN').at(-1)?.[1]).to.equal(
        `node_modules/.bin/node hack/images/stage.ts ${kind} /stage`,
      );
    });

    it('starts containers as the archives do', () => {
      const { user, entrypoint, env = {}, workingDir, labels = {} } = containerConfig(kind);
      const pairs = (values: Readonly<Record<string, string>>): string =>
        Object.entries(values)
          .map(([name, value]) => `${name}="${value}"`)
          .join(' ');
      expect(of('USER')).to.deep.equal([user]);
      expect(JSON.parse(of('ENTRYPOINT')[0]!)).to.deep.equal(entrypoint);
      expect(of('ENV')).to.deep.equal([pairs(env)]);
      expect(of('LABEL')).to.deep.equal([pairs(labels)]);
      expect(of('WORKDIR')).to.deep.equal([workingDir]);
    });

    it('installs from the manifests alone, so that a change of the sources installs nothing', () => {
      const install = all.findIndex(([name, rest]) => name === 'RUN' && rest.startsWith('npm ci'));
      const copied = all
        .slice(0, install)
        .filter(([name]) => name === 'COPY')
        .flatMap(([, rest]) => {
          const words = rest.split(' ');
          return words.slice(0, -1);
        });
      expect(copied.sort()).to.deep.equal([...MANIFESTS].sort());
    });

    it('names the image as its users do', () => {
      expect(readFileSync(join(root, kind, 'Dockerfile'), 'utf8')).to.contain(`-t ${imageName(kind)} .`);
    });
  });
}

describe('.dockerignore', () => {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n');

  it('lets into a build what the build reads, and nothing that is not named', () => {
    expect(lines.find((line) => !line.startsWith('#'))).to.equal('*');
    const named = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const read = [
      ...MANIFESTS,
      'LICENSE',
      'tsconfig.json',
      'tsconfig.build.json',
      'crds',
      'hack/build.ts',
      'hack/images',
    ];
    for (const path of read) expect(named, path).to.include(path.split('/')[0]);
    expect(lines).to.include('**/node_modules');
  });
});
