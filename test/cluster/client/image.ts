import { cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layoutOf, type Place } from '../../../hack/cluster/layout.ts';
import { loadArchive } from '../../../hack/cluster/load.ts';
import { type ImageArchive, imageArchitecture, writeArchive } from '../../../hack/images/archive.ts';
import { root } from '../../../hack/images/contents.ts';
import { hashFiles, type KeptLayer, keyOf, LayerCache } from '../../../hack/images/layers.ts';
import { sharedLibraries, stageBase } from '../../../hack/images/stage-base.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const here = dirname(fileURLToPath(import.meta.url));
const PROGRAMS = ['call.ts', 'load.ts', 'main.ts', 'upstream.ts'];

/**
 * The image of the pods of scenarios: Node, the official SDK and our programs, in `/app`. On a cluster of ours it is made
 * now; for another, `KT_CLIENT_IMAGE` names it.
 */
export async function provideClientImage(env: Environment): Promise<string> {
  if (env['KT_CLIENT_IMAGE']) return env['KT_CLIENT_IMAGE'];
  const cache = new LayerCache(env);
  const base = await clientBase(cache);
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
  const architecture = imageArchitecture(process.arch);
  const spec = { name, layers: [base, packages, app], config, architecture };
  return loadImage(await writeArchive(spec, join(root, 'dist/images/client.tar')), env);
}

/** What Node needs of a system, and with it any program of this one. */
export async function clientBase(cache: LayerCache): Promise<KeptLayer> {
  const program = await hashFiles('/', [process.execPath, ...sharedLibraries()]);
  return cache.layer('client-base', keyOf(program), stageBase);
}

/** Gives the node an image, and returns its name. @throws Error where the cluster is not one of ours */
export async function loadImage({ name, file }: ImageArchive, env: Environment): Promise<string> {
  const { KT_CLUSTER_PLACE: place } = env;
  if (!place) throw new Error(`load ${file} into the cluster, and name ${name} by its variable`);
  await loadArchive(layoutOf(place as Place), file);
  return name;
}
