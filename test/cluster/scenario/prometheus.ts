import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { imageArchitecture, writeArchive } from '../../../hack/images/archive.ts';
import { root } from '../../../hack/images/contents.ts';
import { hashFiles, LayerCache } from '../../../hack/images/layers.ts';
import { clientBase, loadImage } from '../client/image.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Makes the system's Prometheus an image. @throws Error where there is none */
export async function providePrometheusImage(env: Environment): Promise<string> {
  const { KT_PROMETHEUS_IMAGE: image } = env;
  if (image) return image;
  const program = realpathSync(whichPrometheus());
  const cache = new LayerCache(env);
  const base = await clientBase(cache);
  const layer = await cache.layer('prometheus', await hashFiles('/', [program]), async (folder) => {
    mkdirSync(join(folder, 'usr/bin'), { recursive: true });
    copyFileSync(program, join(folder, 'usr/bin/prometheus'));
  });
  const name = `keeptrusts-test/prometheus:${layer.digest.slice(0, 12)}`;
  const config = { user: '65532:65532', entrypoint: ['/usr/bin/prometheus'] };
  const spec = { name, layers: [base, layer], config, architecture: imageArchitecture(process.arch) };
  return loadImage(await writeArchive(spec, join(root, 'dist/images/prometheus.tar')), env);
}

function whichPrometheus(): string {
  try {
    return execFileSync('which', ['prometheus'], { encoding: 'utf8' }).trim();
  } catch {
    throw new Error('there is no prometheus on the PATH: install it (Debian: apt-get install prometheus)');
  }
}

const METADATA = { name: 'prometheus' };

/** A Prometheus with a configuration, in a namespace of restricted pods. */
export function prometheusObjects(config: string, image: string): object[] {
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: METADATA, data: { 'prometheus.yml': config } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...METADATA, labels: { 'keeptrusts-test': 'prometheus' } },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 1,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 65532,
          fsGroup: 65532,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'prometheus',
            image,
            imagePullPolicy: 'IfNotPresent',
            args: ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/data'],
            ports: [{ containerPort: 9090 }],
            readinessProbe: { httpGet: { path: '/-/ready', port: 9090 }, periodSeconds: 1 },
            resources: { requests: { cpu: '50m', memory: '128Mi' } },
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
            volumeMounts: [
              { name: 'config', mountPath: '/etc/prometheus' },
              { name: 'data', mountPath: '/data' },
            ],
          },
        ],
        volumes: [
          { name: 'config', configMap: { name: METADATA.name } },
          { name: 'data', emptyDir: {} },
        ],
      },
    },
  ];
}
