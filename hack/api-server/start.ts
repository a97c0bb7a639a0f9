import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  apiServerArguments,
  controllerManagerArguments,
  etcdArguments,
  files,
  type Layout,
} from './arguments.ts';
import type { Binaries } from './binaries.ts';
import { writeCredentials } from './credentials.ts';
import { sweep } from './folders.ts';
import { kubeconfig } from './kubeconfig.ts';
import { applyManifests } from './manifests.ts';
import { freePorts } from './ports.ts';
import { PortTaken, untilReady } from './ready.ts';
import { type Server, type Supervisor, startSupervisor } from './supervise.ts';

/** Ports are chosen first and bound later: when somebody else was quicker, we choose again. */
const PORT_ATTEMPTS = 3;

/** A running API server that nobody else uses. */
export interface ApiServer {
  /** `https://127.0.0.1:PORT` */
  url: string;
  /** Path of a kubeconfig of its administrator; it names no other file. */
  kubeconfig: string;
  /** Resolves with a sentence when a server ends that nobody asked to end. */
  failed: Promise<string>;
  /** Process ids by server. */
  pids(): Readonly<Record<string, number>>;
  /** Ends the API server alone and resolves when it has ended; etcd keeps the objects. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** `SIGSTOP` makes the API server hang: connections open and nothing answers, until `SIGCONT`. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Starts it again after `kill`, on the same port over the same objects, and resolves when it is ready. */
  restart(): Promise<void>;
  /** Ends everything and removes every trace. */
  stop(): Promise<void>;
}

export interface StartOptions {
  binaries: Binaries;
  /** Folder with a kustomization, applied before the controllers start, so that they know its kinds at once. */
  manifests?: string;
}

/**
 * Starts etcd, an API server and the few controllers that `arguments.ts` lists, on free ports of the loopback
 * interface. They end when this process does, however it ends.
 *
 * @throws Error with the end of the log of a server that does not get ready, or with what kubectl said.
 */
export async function startApiServer(options: StartOptions): Promise<ApiServer> {
  sweep();
  for (let attempt = 1; ; attempt += 1) {
    const supervisor = await startSupervisor();
    try {
      return await bringUp(supervisor, options);
    } catch (error) {
      await supervisor.stop();
      if (!(error instanceof PortTaken) || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function bringUp(supervisor: Supervisor, { binaries, manifests }: StartOptions): Promise<ApiServer> {
  const { folder } = supervisor;
  const [etcdPort, etcdPeerPort, apiPort] = (await freePorts(3)) as [number, number, number];
  const layout: Layout = { folder, etcdPort, etcdPeerPort, apiPort };
  const url = `https://127.0.0.1:${apiPort}`;
  const at = (file: string): string => join(folder, file);
  const running = new Map<string, Server>();
  let expected = false;
  let fail = (_why: string): void => {};
  const failed = new Promise<string>((resolve) => {
    fail = resolve;
  });
  const launch = async (name: string, command: string, args: readonly string[]): Promise<Server> => {
    const server = await supervisor.start(name, command, args);
    running.set(name, server);
    void server.ended.then((how) => {
      running.delete(name);
      if (!expected) fail(`${name} ended (${how})`);
    });
    return server;
  };

  mkdirSync(at(files.certificates));
  const token = writeCredentials(folder);
  const etcd = await launch('etcd', binaries.etcd, etcdArguments(layout));
  await untilReady(etcd, { url: `http://127.0.0.1:${etcdPort}/health` }, at('etcd.log'));

  const startApi = async (): Promise<void> => {
    const server = await launch('kube-apiserver', binaries.apiServer, apiServerArguments(layout));
    const probe = { url: `${url}/readyz`, authorityFile: at(files.authority), token };
    await untilReady(server, probe, at('kube-apiserver.log'));
  };
  await startApi();
  const authority = readFileSync(at(files.authority), 'utf8');
  writeFileSync(at(files.kubeconfig), kubeconfig({ server: url, authority, user: { token } }), {
    mode: 0o600,
  });
  if (manifests !== undefined) await applyManifests(binaries.kubectl, at(files.kubeconfig), manifests);
  if (binaries.controllerManager !== null)
    await launch('kube-controller-manager', binaries.controllerManager, controllerManagerArguments(layout));

  // Not by way of the supervisor, which may take it later than the next request is answered.
  const signal = (name: NodeJS.Signals): void => {
    const server = running.get('kube-apiserver');
    if (server !== undefined) process.kill(server.pid, name);
  };
  return {
    url,
    kubeconfig: at(files.kubeconfig),
    pids: () =>
      Object.fromEntries([
        ['supervisor', supervisor.pid],
        ...[...running].map(([name, { pid }]): [string, number] => [name, pid]),
      ]),
    failed,
    kill: async (name = 'SIGKILL') => {
      const server = running.get('kube-apiserver');
      expected = true;
      signal(name);
      await server?.ended;
    },
    signal,
    restart: async () => {
      await startApi();
      expected = false;
    },
    stop: () => {
      expected = true;
      return supervisor.stop();
    },
  };
}
