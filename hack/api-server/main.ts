import { copyFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startApiServer } from './start.ts';

const b = process.argv[2]!;
const t = performance.now();
const s = await startApiServer({
  binaries: {
    etcd: join(b, 'etcd'),
    apiServer: join(b, 'kube-apiserver'),
    controllerManager: join(b, 'kube-controller-manager'),
    kubectl: '/usr/bin/kubectl',
  },
  manifests: join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'crds'),
});
console.log(`ready in ${Math.round(performance.now() - t)} ms`, s.pids());
console.log(`export KUBECONFIG=${s.kubeconfig}`);
if (process.argv[3]) copyFileSync(s.kubeconfig, process.argv[3]);
const stop = async () => {
  await s.stop();
  process.exit();
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
