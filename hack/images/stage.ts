/**
 * Puts what an image holds into folders, one for each layer, as the Dockerfiles copy them:
 * `node hack/images/stage.ts gateway|operator FOLDER`.
 */
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PARTS } from './contents.ts';
import { IMAGES } from './names.ts';
import { buildDist, stageApp } from './stage-app.ts';
import { stageBase } from './stage-base.ts';
import { stageCompiled } from './stage-compiled.ts';
import { stagePackages } from './stage-packages.ts';

const [wanted, out] = process.argv.slice(2);
const kind = IMAGES.find((one) => one === wanted);
if (kind === undefined || out === undefined) {
  process.stderr.write(`give an image, ${IMAGES.join(' or ')}, and a folder\n`);
  process.exit(2);
}

const [base, packages, app, compiled] = PARTS.map((part) => join(out, part)) as [
  string,
  string,
  string,
  string,
];
for (const folder of [base, packages, app, compiled]) await mkdir(folder, { recursive: true });
await stageBase(base);
await stagePackages(kind, packages);
const dist = join(out, 'dist');
buildDist(dist);
await stageApp(kind, dist, app);
await stageCompiled(kind, compiled, async (tree) => {
  for (const folder of [base, packages, app]) await cp(folder, tree, { recursive: true });
});
