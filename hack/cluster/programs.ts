import { join } from 'node:path';
import { buildBinaries } from '../api-server/build.ts';
import { findSource, obtainBinaries, obtainGo } from '../api-server/source.ts';
import { modules, NODE_COMMANDS, nodeFolder } from './commands.ts';
import type { Machine } from './machine.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The programs of a cluster by name, built now where they are not yet.
 *
 * @throws Error when Go cannot be fetched or does not build them.
 */
export async function obtainPrograms(
  machine: Machine,
  env: Environment,
  say: (line: string) => void,
): Promise<Record<string, string>> {
  // Servers that somebody else made, and a cluster of theirs, are of other versions.
  const own = { ...env, TEST_KUBECONFIG: undefined, KUBEBUILDER_ASSETS: undefined };
  const source = findSource(own);
  if (source.from === 'nowhere' || source.from === 'cluster') throw new Error('it cannot be built here');
  const { binaries } = await obtainBinaries(source, own, say);
  const folder = nodeFolder(own);
  await buildBinaries({
    go: () => obtainGo(own, say),
    modules,
    out: folder,
    commands: NODE_COMMANDS,
    say,
  });
  return {
    etcd: binaries.etcd,
    'kube-apiserver': binaries.apiServer,
    'kube-controller-manager': binaries.controllerManager!,
    kubectl: binaries.kubectl,
    containerd: machine.find('containerd')!,
    ctr: machine.find('ctr')!,
    ...Object.fromEntries(NODE_COMMANDS.map(({ name }) => [name, join(folder, name)])),
  };
}
