import { join } from 'node:path';
import { type ImageArchive, imageArchitecture, writeArchive } from '../images/archive.ts';
import { buildImages } from '../images/build.ts';
import { containerConfig, PARTS, root } from '../images/contents.ts';

const NAME = 'keeptrusts-test/gateway:next';

/** The gateway of this checkout as another image, with a label more. */
export async function makeNextGatewayImage(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ImageArchive> {
  const out = join(root, 'dist/images');
  const [built] = await buildImages({ kinds: ['gateway'], out, env, say: () => {} });
  const config = containerConfig('gateway');
  const spec = {
    name: NAME,
    layers: PARTS.map((part) => built!.layers[part]),
    config: { ...config, labels: { ...config.labels, 'keeptrusts-test': 'next' } },
    architecture: imageArchitecture(process.arch),
  };
  return writeArchive(spec, join(out, 'gateway-next.tar'));
}
