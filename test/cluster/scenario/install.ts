import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from '../../../hack/images/contents.ts';
import { imageName } from '../../../hack/images/names.ts';
import { kubectl } from '../../fakes/kubectl.ts';
import { OPERATOR_NAMESPACE } from './surroundings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

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
    await kubectl(['-n', OPERATOR_NAMESPACE, 'rollout', 'status', DEPLOYMENT, '--timeout=120s']);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function partsOf(image: string): { newName: string; newTag: string } {
  const [, newName = image, newTag = 'latest'] = /^(.+?):([^:/]+)$/.exec(image) ?? [];
  return { newName, newTag };
}
