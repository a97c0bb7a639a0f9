import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageArchive, imageArchitecture, writeArchive } from '../images/archive.ts';
import { root } from '../images/contents.ts';
import { hashFiles, LayerCache } from '../images/layers.ts';
import { systemBase } from './base.ts';

const FOLDER = join(root, 'test/cluster/client');
const PROGRAMS = ['call.ts', 'load.ts', 'main.ts', 'streams.ts', 'upstream.ts'];

/** The image of the pods of scenarios: Node, the official SDK and the programs of `test/cluster/client`, in `/app`. */
export async function makeClientImage(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ImageArchive> {
  const cache = new LayerCache(env);
  const base = await systemBase(cache);
  const sdk = join(root, 'node_modules/openai');
  const version = await hashFiles(sdk, ['package.json']);
  const packages = await cache.layer('client-packages', version, async (folder) => {
    await cp(sdk, join(folder, 'app/node_modules/openai'), { recursive: true });
  });
  const sources = PROGRAMS.map((name) => join(FOLDER, name));
  const app = await cache.layer('client-app', await hashFiles('/', sources), async (folder) => {
    await mkdir(join(folder, 'app'), { recursive: true });
    for (const name of PROGRAMS) await cp(join(FOLDER, name), join(folder, 'app', name));
    await writeFile(join(folder, 'app/package.json'), JSON.stringify({ type: 'module' }));
  });
  const name = `keeptrusts-test/client:${app.digest.slice(0, 12)}`;
  const config = { user: '65532:65532', entrypoint: ['/usr/bin/node', '/app/main.ts'], workingDir: '/app' };
  const architecture = imageArchitecture(process.arch);
  const spec = { name, layers: [base, packages, app], config, architecture };
  return writeArchive(spec, join(root, 'dist/images/client.tar'));
}
