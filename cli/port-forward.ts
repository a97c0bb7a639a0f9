import { spawn } from 'node:child_process';
import type { ClusterFlags } from './cluster-token.ts';
import { CliError, type Io } from './io.ts';

/** Where the operator is installed, and the port of its API; `config/default` names them too. */
export const OPERATOR = { namespace: 'keeptrusts-system', name: 'keeptrusts-operator', port: 8080 } as const;

/** Milliseconds until kubectl forwards, or has said why it does not. */
const READY_MS = 20_000;

const BY_HAND =
  'Name an address of the API with --api-url, such as that of an ingress, in the place of a forwarded port.';

/**
 * Forwards a port of this machine to the API in the cluster until `kt` ends, and gives its address.
 * @throws CliError: no kubectl, no right, nothing runs there
 */
export function forwardPort(
  { kubeconfig, context }: ClusterFlags,
  io: Pick<Io, 'env' | 'onEnd'>,
): Promise<string> {
  const child = spawn(
    'kubectl',
    [
      ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
      ...(context === undefined ? [] : [`--context=${context}`]),
      ...['port-forward', `--namespace=${OPERATOR.namespace}`, '--address=127.0.0.1'],
      ...[`service/${OPERATOR.name}`, `:${OPERATOR.port}`],
    ],
    { env: { ...io.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  io.onEnd(() => void child.kill());
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => {
      child.kill();
      reject(new CliError(`no port can be forwarded to the API in the cluster: ${why}. ${BY_HAND}`));
    };
    const timer = setTimeout(() => fail(`kubectl was not ready within ${READY_MS / 1000} s`), READY_MS);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+) /m.exec(out) ?? [];
      if (port === undefined) return;
      clearTimeout(timer);
      // It goes on beside what is done, and ends with it.
      child.unref();
      for (const stream of [child.stdout, child.stderr])
        if ('unref' in stream) (stream as { unref(): void }).unref();
      resolve(`http://127.0.0.1:${port}`);
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      fail(
        error.code === 'ENOENT' ? 'there is no kubectl on the PATH' : `kubectl cannot be run (${error.code})`,
      );
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      fail(said.trim().replaceAll(/\s*\n\s*/g, '; ') || `kubectl ended with ${code}`);
    });
  });
}
