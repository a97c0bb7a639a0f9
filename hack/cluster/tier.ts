import { dirname, join } from 'node:path';
import { findSource } from '../api-server/source.ts';
import { buildImages } from '../images/build.ts';
import { root } from '../images/contents.ts';
import { IMAGES } from '../images/names.ts';
import { imageVariables, productImages } from '../test-images/variables.ts';
import { removeCluster } from './down.ts';
import { layoutOf } from './layout.ts';
import { loadArchive } from './load.ts';
import { machineObstacle, thisMachine } from './machine.ts';
import { release } from './owner.ts';
import { obtainPrograms } from './programs.ts';
import { awaitTurn } from './turn.ts';
import { bringClusterUp } from './up.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Surroundings of the tests that need a cluster with pods. */
export interface Surroundings {
  /**
   * `TEST_KUBECONFIG`: the admin's kubeconfig. `KT_KUBE_BIN`: a folder with kubectl. `KT_GATEWAY_IMAGE`,
   * `KT_OPERATOR_IMAGE`: images that the cluster has or can get, as those that `imageVariables` names besides where the
   * cluster is somebody's. `KT_CLUSTER_PLACE`: where it is one of ours, its place.
   */
  env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Why tests can have no cluster here, or null. Only who asks for them may change the machine. */
export function clusterObstacle(env: Environment, asked: boolean): string | null {
  if (env['TEST_KUBECONFIG']) return somebodysObstacle(env, asked);
  const obstacle = machineObstacle(thisMachine(env), process.platform, process.getuid?.());
  if (obstacle !== null) return obstacle;
  return asked ? null : 'it makes control groups, mounts and a network device: name it in KT_TIERS to run it';
}

function somebodysObstacle(env: Environment, asked: boolean): string | null {
  const source = findSource(env);
  if (source.from === 'nowhere') return source.obstacle;
  if (!asked)
    return `it installs the operator in the cluster of ${env['TEST_KUBECONFIG']}: name it in KT_TIERS to run it`;
  const missing = imageVariables.filter((name) => !env[name]);
  if (missing.length === 0) return null;
  return `with TEST_KUBECONFIG, ${missing.join(', ')} must name images that the cluster can get`;
}

/**
 * Makes a cluster with the images of this checkout, beside one that a person may have here, or takes the one of
 * `TEST_KUBECONFIG`. There is room for one: while others use it, it waits.
 *
 * @throws Error in words for people when it cannot.
 */
export async function prepareCluster(
  env: Environment,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Surroundings> {
  const source = findSource(env);
  if (source.from === 'cluster') {
    const images = imageVariables.map((name) => [name, env[name]!]);
    say(
      `Using the cluster of ${source.kubeconfig}. The operator is installed, and removed where there was none.`,
    );
    return {
      env: { KT_KUBE_BIN: dirname(source.kubectl), ...Object.fromEntries(images) },
      stop: async () => {},
    };
  }
  const layout = layoutOf('test');
  const machine = thisMachine(env);
  const programs = await obtainPrograms(machine, env, say);
  await awaitTurn(layout, { folder: root, say, signal });
  const stop = async (): Promise<void> => {
    await removeCluster(layout);
    release(layout.owner);
  };
  const begin = performance.now();
  const tell = (what: string): void =>
    say(`${what} after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  try {
    const [images] = await Promise.all([
      buildImages({ kinds: IMAGES, out: join(root, 'dist/images'), env, say }),
      bringClusterUp({ layout, machine, programs, images: [], owner: null, say }),
    ]);
    tell('images are built and the cluster is ready');
    for (const { file } of images) await loadArchive(layout, file);
    tell('images are loaded');
    return {
      env: {
        TEST_KUBECONFIG: layout.paths.kubeconfig,
        KT_KUBE_BIN: layout.paths.bin,
        KT_CLUSTER_PLACE: layout.place,
        ...Object.fromEntries(images.map(({ kind, name }) => [productImages[kind], name])),
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
