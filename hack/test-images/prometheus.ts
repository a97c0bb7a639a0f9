import { copyFileSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from '../api-server/binaries.ts';
import { type ImageArchive, imageArchitecture, writeArchive } from '../images/archive.ts';
import { root } from '../images/contents.ts';
import { hashFiles, LayerCache } from '../images/layers.ts';
import { systemBase } from './base.ts';

/** Makes the system's Prometheus an image. @throws Error where there is none */
export async function makePrometheusImage(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ImageArchive> {
  const found = onPath('prometheus', env['PATH'] ?? '');
  if (found === null)
    throw new Error(
      'there is no prometheus on the PATH: install it (Debian: apt-get install prometheus), ' +
        'or let KT_PROMETHEUS_IMAGE name an image',
    );
  const program = realpathSync(found);
  const cache = new LayerCache(env);
  const base = await systemBase(cache);
  const layer = await cache.layer('prometheus', await hashFiles('/', [program]), async (folder) => {
    mkdirSync(join(folder, 'usr/bin'), { recursive: true });
    copyFileSync(program, join(folder, 'usr/bin/prometheus'));
  });
  const name = `keeptrusts-test/prometheus:${layer.digest.slice(0, 12)}`;
  const config = { user: '65532:65532', entrypoint: ['/usr/bin/prometheus'] };
  const spec = { name, layers: [base, layer], config, architecture: imageArchitecture(process.arch) };
  return writeArchive(spec, join(root, 'dist/images/prometheus.tar'));
}
