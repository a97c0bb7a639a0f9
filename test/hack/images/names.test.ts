import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { IMAGES, imageName } from '../../../hack/images/names.ts';
import { localDeps } from '../../../operator/local-deps.ts';
import { root } from '../../architecture/sources.ts';

describe('hack/images: names', () => {
  it('have the version of every workspace', () => {
    for (const kind of IMAGES) {
      const { version } = JSON.parse(readFileSync(join(root, kind, 'package.json'), 'utf8'));
      expect(imageName(kind)).to.equal(`keeptrusts/${kind}:${version}`);
    }
  });

  it('are those that the operator gives its pods', async () => {
    const { image } = await localDeps(process.execPath, process.platform);
    expect(image).to.equal(imageName('gateway'));
  });
});
