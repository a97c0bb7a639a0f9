import { homedir } from 'node:os';
import { runKt } from '../../fakes/io.ts';
import { testCluster } from '../../fakes/kubectl.ts';

type Ran = Awaited<ReturnType<typeof runKt>>;

/** Runs `kt` for whoever has this kubeconfig, the admin of the cluster unless it is given. */
export function ktInCluster(args: readonly string[], kubeconfig = testCluster().kubeconfig): Promise<Ran> {
  const path = `${testCluster().bin}:${process.env['PATH']}`;
  // Without a home kubectl keeps its cache in the working folder.
  return runKt([...args, '--kubeconfig', kubeconfig], { env: { PATH: path, HOME: homedir() } });
}

/** As the account `person` of a namespace, for which the admin asks a token. @throws Error where it fails */
export async function ktAsPerson(namespace: string, args: readonly string[]): Promise<string> {
  const { out, err, exitCode } = await ktInCluster([...args, '--as-service-account', `${namespace}/person`]);
  if (exitCode !== 0)
    throw new Error(`kt ${args.join(' ')} ended with ${exitCode}: ${err.trim() || out.trim()}`);
  return out;
}
