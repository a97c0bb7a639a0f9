import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { userCache } from '../api-server/cache.ts';
import { type Command, cacheKey } from '../api-server/commands.ts';

/** Where the modules of `hack/api-server` lie; commands name theirs from there. */
export const modules = join(dirname(dirname(fileURLToPath(import.meta.url))), 'api-server');

/** What a node needs beside the parts of an API server. */
export const NODE_COMMANDS: readonly Command[] = [
  { name: 'certificates', module: '../cluster/programs', package: './certificates' },
  { name: 'pause', module: '../cluster/programs', package: './pause' },
  { name: 'coredns', module: '../cluster/coredns', package: '.' },
  { name: 'kube-scheduler', module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-scheduler' },
  { name: 'kube-proxy', module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-proxy' },
  { name: 'kubelet', module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kubelet' },
];

/** Folder of this user that has them, once they are built. An API server alone does not ask for them. */
export function nodeFolder(env: Readonly<Record<string, string | undefined>>): string {
  const key = cacheKey(modules, `${process.platform}-${process.arch}`, NODE_COMMANDS);
  return join(userCache(env), 'node', key);
}
