import { join } from 'node:path';
import { imageArchitecture, writeArchive } from '../../../hack/images/archive.ts';
import { buildImages } from '../../../hack/images/build.ts';
import { containerConfig, PARTS, root } from '../../../hack/images/contents.ts';
import { loadImage } from '../client/image.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const NAME = 'keeptrusts-test/gateway:next';

/** The gateway of this checkout as another image, with a label more. `KT_NEXT_GATEWAY_IMAGE` names one elsewhere. */
export async function provideNextImage(env: Environment): Promise<string> {
  if (env['KT_NEXT_GATEWAY_IMAGE']) return env['KT_NEXT_GATEWAY_IMAGE'];
  const out = join(root, 'dist/images');
  const [built] = await buildImages({ kinds: ['gateway'], out, env, say: () => {} });
  const config = containerConfig('gateway');
  const spec = {
    name: NAME,
    layers: PARTS.map((part) => built!.layers[part]),
    config: { ...config, labels: { ...config.labels, 'keeptrusts-test': 'next' } },
    architecture: imageArchitecture(process.arch),
  };
  return loadImage(await writeArchive(spec, join(out, 'gateway-next.tar')), env);
}
