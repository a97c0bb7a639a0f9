import { dirname } from 'node:path';
import { crds } from './crds.ts';
import { applyManifests } from './manifests.ts';
import { findSource, obtainBinaries } from './source.ts';
import { startApiServer } from './start.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Surroundings of the tests that need an API server. */
export interface Surroundings {
  /**
   * `TEST_KUBECONFIG`: its kubeconfig. `KT_KUBE_BIN`: a folder with kubectl, and with the servers where tests can start
   * some of their own. `KT_KUBE_CONTROLLERS`: `none` where nothing collects, or `some`.
   */
  env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Why tests cannot have an API server here, or null. Only who asks for them may wait for Go to be fetched. */
export function apiServerObstacle(env: Environment, asked: boolean): string | null {
  const source = findSource(env);
  if (source.from === 'nowhere') return source.obstacle;
  if (source.from !== 'network' || asked) return null;
  return (
    `${source.none}, and etcd and kube-apiserver are not built yet. Install Go 1.26 or newer, or set KUBEBUILDER_ASSETS ` +
    'to a folder with etcd, kube-apiserver and kubectl, or TEST_KUBECONFIG to the kubeconfig of a cluster'
  );
}

/**
 * Starts an API server, or takes the one of `TEST_KUBECONFIG`, and applies our CRDs.
 *
 * @throws Error in words for people when it cannot.
 */
export async function prepareApiServer(env: Environment, say: (line: string) => void): Promise<Surroundings> {
  const source = findSource(env);
  if (source.from === 'nowhere') throw new Error(source.obstacle);
  if (source.from === 'cluster') {
    const { kubeconfig, kubectl } = source;
    say(`Using the cluster of ${kubeconfig}. Our CRDs are applied to it, and stay there.`);
    await applyManifests(kubectl, kubeconfig, crds);
    return { env: { KT_KUBE_BIN: dirname(kubectl), KT_KUBE_CONTROLLERS: 'some' }, stop: async () => {} };
  }
  const { folder, binaries } = await obtainBinaries(source, env, say);
  if (binaries.controllerManager === null)
    say(
      `${folder} has no kube-controller-manager: nothing is collected, namespaces stay in Terminating, and the tests ` +
        'that need more are skipped.',
    );
  const begin = performance.now();
  const server = await startApiServer({ binaries, manifests: crds });
  say(`API server of ${folder} ready in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return {
    env: {
      TEST_KUBECONFIG: server.kubeconfig,
      KT_KUBE_BIN: folder,
      KT_KUBE_CONTROLLERS: binaries.controllerManager === null ? 'none' : 'some',
    },
    stop: () => server.stop(),
  };
}
