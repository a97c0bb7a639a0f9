import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** What the tier `api-server` tells its tests. */
export interface TestCluster {
  kubeconfig: string;
  /** Folder with kubectl, and with the servers where a test can start some of its own. */
  bin: string;
  /** Whether owner references are collected, namespaces emptied and service accounts made. */
  collects: boolean;
}

/** @throws Error when the tests are not run by their tier. */
export function testCluster(): TestCluster {
  const { TEST_KUBECONFIG: kubeconfig, KT_KUBE_BIN: bin, KT_KUBE_CONTROLLERS } = process.env;
  if (!kubeconfig || !bin)
    throw new Error('these tests need an API server: run them by `npm test -- test/api-server/…`');
  return { kubeconfig, bin, collects: KT_KUBE_CONTROLLERS !== 'none' };
}

export interface KubectlOptions {
  /** Instead of the cluster of the tier. */
  kubeconfig?: string;
  /** Standard input, as for `-f -`; an object is written as JSON. */
  input?: string | object;
}

/**
 * Runs kubectl and returns what it prints.
 *
 * @throws Error with what it said on its standard error.
 */
export function kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<string> {
  const cluster = testCluster();
  const child = spawn(
    join(cluster.bin, 'kubectl'),
    ['--kubeconfig', options.kubeconfig ?? cluster.kubeconfig, ...args],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  let [out, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const { input = '' } = options;
  child.stdin.on('error', () => {}).end(typeof input === 'string' ? input : JSON.stringify(input));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(said.trim() || `kubectl ended with ${code}`));
    });
  });
}
