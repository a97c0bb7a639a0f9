import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { testCluster } from '../../fakes/kubectl.ts';

/** A port of this machine that kubectl forwards until `end`. `args` are those of `port-forward`. @throws Error */
export async function forwardedPort(args: readonly string[]): Promise<{ port: number; end(): void }> {
  const { kubeconfig, bin } = testCluster();
  const command = ['--kubeconfig', kubeconfig, 'port-forward', ...args];
  const child = spawn(join(bin, 'kubectl'), command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line) ?? [];
    if (port !== undefined) return { port: Number(port), end: () => void child.kill() };
  }
  throw new Error(`kubectl forwards no port: ${said.trim()}`);
}
