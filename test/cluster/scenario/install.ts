import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../hack/images/contents.ts';
import { imageName } from '../../../hack/images/names.ts';
import { kubectl } from '../../fakes/kubectl.ts';
import { OPERATOR_NAMESPACE } from './surroundings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const DEPLOYMENT = 'deployment/keeptrusts-operator';

/** Installs what `config/default` holds, with the images of the tier, the roles for people, and that of Prometheus. */
export async function installOperator(env: Environment): Promise<void> {
  await withOverlay(env, 'config/default', (folder) => kubectl(['apply', '-k', folder]));
  await operatorReady();
}

/** Puts `config/namespaced` in its place, which has rights in one namespace and none in the others. */
export async function limitOperator(env: Environment, namespace: string): Promise<void> {
  await kubectl(['apply', '-k', join(root, 'config/rbac/namespaced'), '-n', namespace]);
  await withOverlay(env, 'config/namespaced', async (folder) => {
    const file = join(folder, 'config/namespaced/namespaces.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/(?<=--namespaces=)\S+/, namespace));
    await kubectl(['delete', '-k', join(folder, 'config/rbac/cluster')]);
    await kubectl(['apply', '-k', folder]);
  });
  await operatorReady();
}

export async function isInstalled(): Promise<boolean> {
  const found = await kubectl(['-n', OPERATOR_NAMESPACE, 'get', DEPLOYMENT, '--ignore-not-found', '-o=name']);
  return found !== '';
}

export async function removeOperator(env: Environment): Promise<void> {
  await withOverlay(env, 'config/default', (folder) =>
    kubectl(['delete', '-k', folder, '--ignore-not-found', '--timeout=120s']),
  );
}

async function operatorReady(): Promise<void> {
  await kubectl(['-n', OPERATOR_NAMESPACE, 'rollout', 'status', DEPLOYMENT, '--timeout=120s']);
}

/** A folder with a copy of what we give to people, to be changed as they would. */
async function withOverlay(
  env: Environment,
  form: string,
  use: (folder: string) => Promise<unknown>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kt-install-'));
  try {
    for (const part of ['config', 'crds'])
      await cp(join(root, part), join(folder, part), { recursive: true });
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(overlay(form, env)));
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function overlay(form: string, { KT_OPERATOR_IMAGE, KT_GATEWAY_IMAGE: gateway }: Environment): object {
  const value = `--gateway-image=${gateway}`;
  const patch = [{ op: 'add', path: '/spec/template/spec/containers/0/args/-', value }];
  const target = { kind: 'Deployment', name: 'keeptrusts-operator' };
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: [form, 'config/rbac/people', 'config/prometheus'],
    images: [{ name: imageName('operator').split(':')[0], ...partsOf(KT_OPERATOR_IMAGE!) }],
    patches: gateway === imageName('gateway') ? [] : [{ target, patch: JSON.stringify(patch) }],
  };
}

function partsOf(image: string): { newName: string; newTag: string } {
  const [, newName = image, newTag = 'latest'] = /^(.+?):([^:/]+)$/.exec(image) ?? [];
  return { newName, newTag };
}
