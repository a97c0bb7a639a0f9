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
  await withOverlay(env, (folder) => kubectl(['apply', '-k', folder]));
  await kubectl(['-n', OPERATOR_NAMESPACE, 'rollout', 'status', DEPLOYMENT, '--timeout=120s']);
}

export async function isInstalled(): Promise<boolean> {
  const found = await kubectl(['-n', OPERATOR_NAMESPACE, 'get', DEPLOYMENT, '--ignore-not-found', '-o=name']);
  return found !== '';
}

export async function removeOperator(env: Environment): Promise<void> {
  await withOverlay(env, (folder) =>
    kubectl(['delete', '-k', folder, '--ignore-not-found', '--timeout=120s']),
  );
}

async function withOverlay(env: Environment, use: (folder: string) => Promise<unknown>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kt-install-'));
  try {
    await writeFile(join(folder, 'kustomization.yaml'), JSON.stringify(overlay(folder, env)));
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function overlay(folder: string, { KT_OPERATOR_IMAGE, KT_GATEWAY_IMAGE: gateway }: Environment): object {
  const value = `--gateway-image=${gateway}`;
  const patch = [{ op: 'add', path: '/spec/template/spec/containers/0/args/-', value }];
  const target = { kind: 'Deployment', name: 'keeptrusts-operator' };
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    resources: ['config/default', 'config/rbac/people'].map((path) => relative(folder, join(root, path))),
    images: [{ name: imageName('operator').split(':')[0], ...partsOf(KT_OPERATOR_IMAGE!) }],
    patches: gateway === imageName('gateway') ? [] : [{ target, patch: JSON.stringify(patch) }],
  };
}

function partsOf(image: string): { newName: string; newTag: string } {
  const [, newName = image, newTag = 'latest'] = /^(.+?):([^:/]+)$/.exec(image) ?? [];
  return { newName, newTag };
}
