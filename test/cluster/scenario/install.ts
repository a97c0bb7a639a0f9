import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Place as ClusterPlace } from '../../../hack/cluster/layout.ts';
import { layoutOf } from '../../../hack/cluster/layout.ts';
import { loadArchive } from '../../../hack/cluster/load.ts';
import { root } from '../../../hack/images/contents.ts';
import { imageName } from '../../../hack/images/names.ts';
import { kubectl } from '../../fakes/kubectl.ts';
import { buildClientImage } from '../client/image.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const NAMESPACE = 'keeptrusts-system';
const DEPLOYMENT = 'deployment/keeptrusts-operator';

/** Installs what `config/default` holds, with the images of the tier, and the roles for people. */
export async function installOperator(env: Environment): Promise<void> {
  const { KT_OPERATOR_IMAGE: operator, KT_GATEWAY_IMAGE: gateway } = env;
  const folder = await mkdtemp(join(tmpdir(), 'kt-install-'));
  const at = (path: string): string => relative(folder, join(root, path));
  const patch = [
    { op: 'add', path: '/spec/template/spec/containers/0/args/-', value: `--gateway-image=${gateway}` },
  ];
  const overlay = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [at('config/default'), at('config/rbac/people')],
    images: [{ name: imageName('operator').split(':')[0], ...partsOf(operator!) }],
    ...(gateway === imageName('gateway')
      ? {}
      : {
          patches: [
            { target: { kind: 'Deployment', name: 'keeptrusts-operator' }, patch: JSON.stringify(patch) },
          ],
        }),
  };
  try {
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(overlay));
    await kubectl(['apply', '-k', folder]);
    await kubectl(['-n', NAMESPACE, 'rollout', 'status', DEPLOYMENT, '--timeout=120s']);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The image of the client: built and loaded on a cluster of ours, else the one that `KT_CLIENT_IMAGE` names. */
export async function provideClientImage(env: Environment): Promise<string> {
  const { KT_CLIENT_IMAGE: image, KT_CLUSTER_PLACE: place } = env;
  if (image) return image;
  if (!place)
    throw new Error('KT_CLIENT_IMAGE must name the image of test/cluster/client, which the cluster can get');
  const { name, file } = await buildClientImage(join(root, 'dist/images'), env);
  await loadArchive(layoutOf(place as ClusterPlace), file);
  return name;
}

function partsOf(image: string): { newName: string; newTag: string } {
  const [, newName = image, newTag = 'latest'] = /^(.+?):([^:/]+)$/.exec(image) ?? [];
  return { newName, newTag };
}
