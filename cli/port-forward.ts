import type { ChildProcess } from 'node:child_process';
import type { ClusterFlags } from './cluster-token.ts';
import { CliError, type Io } from './io.ts';
import { startTied } from './tied.ts';

/** Where the operator is installed, and the port of its API; `config/default` names them too. */
export const OPERATOR = { namespace: 'keeptrusts-system', name: 'keeptrusts-operator', port: 8080 } as const;

/** Milliseconds until kubectl forwards, or has said why it does not. */
const READY_MS = 20_000;

const BY_HAND =
  'Name an address of the API with --api-url, such as that of an ingress, in the place of a forwarded port.';

/** A port of this machine that leads to the API in the cluster, until `kt` ends. */
export interface ForwardedPort {
  /**
   * Its address. kubectl forwards to one pod and ends with that: then another port is forwarded.
   * @throws CliError: no kubectl, no right, nothing runs there
   */
  url(): Promise<string>;
  /** It leads nowhere any more: the next address is that of another one. */
  drop(): void;
}

export function forwardedPort(flags: ClusterFlags, io: Pick<Io, 'env' | 'onEnd'>): ForwardedPort {
  let current: { child: ChildProcess; url: Promise<string> } | undefined;
  const drop = (): void => {
    if (current?.child.connected === true) current.child.disconnect();
    current = undefined;
  };
  io.onEnd(drop);
  return {
    drop,
    url() {
      if (current !== undefined) return current.url;
      const child = startTied({ command: 'kubectl', args: argumentsOf(flags) }, { ...io.env });
      const forward = { child, url: addressOf(child) };
      current = forward;
      child.once('exit', () => {
        if (current === forward) current = undefined;
      });
      return forward.url;
    },
  };
}

function argumentsOf({ kubeconfig, context }: ClusterFlags): string[] {
  return [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
    ...['port-forward', `--namespace=${OPERATOR.namespace}`, '--address=127.0.0.1'],
    ...[`service/${OPERATOR.name}`, `:${OPERATOR.port}`],
  ];
}

/** What kubectl says that it forwards. @throws CliError */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string): void => {
      clearTimeout(timer);
      if (child.connected) child.disconnect();
      reject(new CliError(`no port can be forwarded to the API in the cluster: ${why}. ${BY_HAND}`));
    };
    const timer = setTimeout(() => fail(`kubectl was not ready within ${READY_MS / 1000} s`), READY_MS);
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    let out = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const [, port] = /^Forwarding from 127\.0\.0\.1:(\d+) /m.exec(out) ?? [];
      if (port === undefined) return;
      clearTimeout(timer);
      // It goes on beside what is done, and ends with it.
      child.unref();
      child.channel?.unref();
      for (const stream of [child.stdout!, child.stderr!])
        if ('unref' in stream) (stream as { unref(): void }).unref();
      resolve(`http://127.0.0.1:${port}`);
    });
    child.once('message', (code) => {
      fail(code === 'ENOENT' ? 'there is no kubectl on the PATH' : `kubectl cannot be run (${String(code)})`);
    });
    child.once('error', ({ code }: NodeJS.ErrnoException) => fail(`no process can be started (${code})`));
    child.once('close', (code) => {
      fail(said.trim().replaceAll(/\s*\n\s*/g, '; ') || `kubectl ended with ${code}`);
    });
  });
}
