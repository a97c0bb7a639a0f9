import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectl } from '../../fakes/kubectl.ts';

/** Runs something with a kubeconfig that holds the token of a ServiceAccount, as people have. */
export async function asAccount<T>(
  namespace: string,
  name: string,
  run: (kubeconfig: string) => Promise<T>,
): Promise<T> {
  const view = await kubectl(['config', 'view', '--minify', '--raw', '--flatten', '-o', 'json']);
  const token = (await kubectl(['-n', namespace, 'create', 'token', name])).trim();
  const [cluster] = (JSON.parse(view) as { clusters: object[] }).clusters;
  const folder = await mkdtemp(join(tmpdir(), 'kt-person-'));
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ ...cluster, name: 'cluster' }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: 'cluster', user: name, namespace } }],
  };
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
    return await run(kubeconfig);
  } finally {
    await rm(folder, { recursive: true });
  }
}
