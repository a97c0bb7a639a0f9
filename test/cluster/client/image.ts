import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ImageArchive, imageArchitecture, writeArchive } from '../../../hack/images/archive.ts';
import { root } from '../../../hack/images/contents.ts';
import { hashFiles, keyOf, LayerCache } from '../../../hack/images/layers.ts';
import { sharedLibraries, stageBase } from '../../../hack/images/stage-base.ts';

const here = dirname(fileURLToPath(import.meta.url));
const PROGRAMS = ['call.ts', 'load.ts', 'main.ts', 'upstream.ts'];

/** The image of the client of the scenarios: Node, the official SDK and our programs, in `/app`. */
export async function buildClientImage(
  out: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ImageArchive> {
  const cache = new LayerCache(env);
  const program = await hashFiles('/', [process.execPath, ...sharedLibraries()]);
  const base = await cache.layer('client-base', keyOf(program), stageBase);
  const sdk = join(root, 'node_modules/openai');
  const version = await hashFiles(sdk, ['package.json']);
  const packages = await cache.layer('client-packages', version, async (folder) => {
    await cp(sdk, join(folder, 'app/node_modules/openai'), { recursive: true });
  });
  const sources = PROGRAMS.map((name) => join(here, name));
  const app = await cache.layer('client-app', await hashFiles('/', sources), async (folder) => {
    await mkdir(join(folder, 'app'), { recursive: true });
    for (const name of PROGRAMS) await cp(join(here, name), join(folder, 'app', name));
    await writeFile(join(folder, 'app/package.json'), JSON.stringify({ type: 'module' }));
  });
  const name = `keeptrusts-test/client:${app.digest.slice(0, 12)}`;
  const config = { user: '65532:65532', entrypoint: ['/usr/bin/node', '/app/main.ts'], workingDir: '/app' };
  return writeArchive(
    { name, layers: [base, packages, app], config, architecture: imageArchitecture(process.arch) },
    join(out, 'client.tar'),
  );
}
