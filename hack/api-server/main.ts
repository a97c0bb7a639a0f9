/**
 * An API server for a person without a cluster: `npm run api-server`. It has our CRDs, runs until Ctrl-C, and leaves
 * nothing behind. `-- --build-only` stops when its binaries are built, `-- --kubeconfig FILE` writes its kubeconfig there too.
 */
import { copyFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { readArguments } from '../arguments.ts';
import { crds } from './crds.ts';
import { findSource, obtainBinaries } from './source.ts';
import { type ApiServer, startApiServer } from './start.ts';

const say = (line: string): void => console.log(line);
const { values } = readArguments({
  options: { 'build-only': { type: 'boolean' }, kubeconfig: { type: 'string' } },
});

async function main(): Promise<void> {
  // A cluster of one's own needs nothing of us.
  const source = findSource({ ...process.env, TEST_KUBECONFIG: undefined });
  if (source.from === 'nowhere' || source.from === 'cluster')
    throw new Error('an API server cannot run here');
  const { folder, binaries } = await obtainBinaries(source, process.env, say);
  if (values['build-only']) return say(`${folder} has what an API server needs`);
  const begin = performance.now();
  const server = await startApiServer({ binaries, manifests: crds });
  if (values.kubeconfig !== undefined) copyFileSync(server.kubeconfig, values.kubeconfig);
  say(`${server.url} is ready after ${((performance.now() - begin) / 1000).toFixed(1)} s and has our CRDs.`);
  say(`Use it from another shell, and end it here with Ctrl-C:\n`);
  say(`  export KUBECONFIG=${server.kubeconfig}`);
  say(`  export PATH=$PATH:${dirname(binaries.kubectl)}\n  kubectl get governance -A`);
  endWith(server);
}

function endWith(server: ApiServer): void {
  const end = async (code: number): Promise<void> => {
    if (values.kubeconfig !== undefined) rmSync(values.kubeconfig, { force: true });
    await server.stop();
    process.exit(code);
  };
  // Ctrl-C comes twice, from the terminal and from the launcher: the second must not end us before the first is done.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
  // The launcher is gone: nobody passes a signal on any more.
  process.once('disconnect', () => void end(0));
  void server.failed.then((why) => {
    console.error(why);
    return end(1);
  });
}

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
