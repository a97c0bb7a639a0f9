import { kt } from '../../fakes/kt-process.ts';
import { testCluster } from '../../fakes/kubectl.ts';

/** Runs `kt` for somebody with this kubeconfig; in words of the cluster's admin unless `kubeconfig` is given. */
export function ktInCluster(
  args: readonly string[],
  kubeconfig = testCluster().kubeconfig,
): Promise<{ out: string; err: string; code: number }> {
  const path = `${testCluster().bin}:${process.env['PATH']}`;
  return kt([...args, '--kubeconfig', kubeconfig], { cwd: process.cwd(), env: { PATH: path } });
}

/** As the account `person` of a namespace, for which the admin asks a token. @throws Error where it fails */
export async function ktAsPerson(namespace: string, args: readonly string[]): Promise<string> {
  const account = ['--as-service-account', `${namespace}/person`];
  const { out, err, code } = await ktInCluster([...args, ...account]);
  if (code !== 0) throw new Error(`kt ${args.join(' ')} ended with ${code}: ${err.trim() || out.trim()}`);
  return out;
}
