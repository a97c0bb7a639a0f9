import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { KubeApi } from '../fakes/kube-api.ts';

/** Makes a service account `operator` and writes a kubeconfig to `file` by which one acts as it. */
export async function operatorAccount(
  api: KubeApi,
  { admin, namespace, file }: { admin: string; namespace: string; file: string },
): Promise<void> {
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await api.must('POST', accounts, { metadata: { name: 'operator' } });
  const request = { spec: { expirationSeconds: 600 } };
  const { status } = await api.must('POST', `${accounts}/operator/token`, request);
  const { token } = status as { token: string };
  const config = parse(readFileSync(admin, 'utf8')) as { users: { name: string; user: object }[] };
  const users = config.users.map(({ name }) => ({ name, user: { token } }));
  writeFileSync(file, stringify({ ...config, users }), { mode: 0o600 });
}
