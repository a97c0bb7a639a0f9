import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { kubeconfig } from '../api-server/kubeconfig.ts';
import { untilReady } from '../api-server/ready.ts';
import { DNS_READY_URL, readyUrls, type ServerName, serverArguments } from './arguments.ts';
import { writeCredentials } from './certificates.ts';
import { configurationFiles } from './configuration.ts';
import { type Kubectl, kubectlAt, run } from './kubectl.ts';
import { API_URL, CONTAINERD_SOCKET, NODE_NAME, paths } from './layout.ts';
import { firstObjects, PEOPLE_NAMESPACE, people, volumeFolders } from './objects.ts';
import type { ClusterOptions } from './options.ts';
import { writePauseImage } from './pause-image.ts';
import { logOf, type Running, startServer } from './server.ts';

const READY_LIMIT_MS = 120_000;
const BETWEEN_MS = 100;

/**
 * Starts every part of a cluster, inside its namespaces, and resolves when pods can run and find each other.
 *
 * @throws Error with the end of the log of a part that does not get ready.
 */
export async function bringUp(options: ClusterOptions, say: (line: string) => void): Promise<void> {
  const begin = performance.now();
  const tell = (what: string): void => say(`  ${((performance.now() - begin) / 1000).toFixed(1)} s: ${what}`);
  const program = (name: string): string => options.programs[name]!;
  const servers: Running[] = [];
  const start = async (name: ServerName): Promise<Running> => {
    const server = await startServer(program(name), serverArguments[name], say);
    servers.push(server);
    return server;
  };

  for (const folder of [paths.config, paths.keys, paths.people, ...volumeFolders()])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [file, content] of Object.entries(configurationFiles(options.host))) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  const images = startImages(options, await start('containerd'));
  const etcd = await start('etcd');
  writeCredentials(program('certificates'));
  await untilReady(etcd, { url: readyUrls.etcd }, logOf('etcd'));
  const api = await start('kube-apiserver');
  const authorityFile = `${paths.keys}/ca.crt`;
  await untilReady(api, { url: readyUrls['kube-apiserver'], authorityFile }, logOf('kube-apiserver'));
  tell('the API server is ready');

  const kubectl = kubectlAt(program('kubectl'));
  await Promise.all((['kube-controller-manager', 'kube-scheduler', 'kube-proxy'] as const).map(start));
  const dns = await start('coredns');
  await kubectl(
    ['apply', '--server-side', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: firstObjects() }),
  );
  await images;
  tell('images are loaded');
  // The kubelet makes no pods before, and would wait ten seconds to look again.
  const kubelet = await start('kubelet');
  await Promise.all([
    nodeReady(kubelet, kubectl).then(() => tell('the node is ready')),
    untilReady(dns, { url: DNS_READY_URL }, logOf('coredns')),
    writePeople(kubectl),
  ]);
  for (const server of servers) server.keep();
}

async function startImages({ programs, images }: ClusterOptions, containerd: Running): Promise<void> {
  const pause = await writePauseImage(programs['pause']!);
  await until('containerd', containerd, () => existsSync(CONTAINERD_SOCKET));
  for (const file of [pause, ...images])
    await run(programs['ctr']!, ['--namespace', 'k8s.io', 'images', 'import', file]);
}

async function nodeReady(kubelet: Running, kubectl: Kubectl): Promise<void> {
  const path = '-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}';
  await until('kubelet', kubelet, async () => {
    const status = await kubectl(['get', 'node', NODE_NAME, path, '--ignore-not-found']);
    return status === 'True';
  });
}

/** A kubeconfig with a token for each person. */
async function writePeople(kubectl: Kubectl): Promise<void> {
  const authority = readFileSync(`${paths.keys}/ca.crt`, 'utf8');
  await Promise.all(
    people.map(async ({ name }) => {
      const token = await kubectl(['create', 'token', name, '-n', PEOPLE_NAMESPACE, '--duration=24h']);
      const text = kubeconfig({ server: API_URL, authority, user: { token: token.trim() } });
      writeFileSync(`${paths.people}/${name}`, text, { mode: 0o600 });
    }),
  );
}

/** Resolves when the condition holds. @throws Error with the end of the log of the server, when it ends or takes too long */
async function until(name: string, server: Running, holds: () => boolean | Promise<boolean>): Promise<void> {
  let how = `not ready within ${READY_LIMIT_MS / 1000} s`;
  let ended = false;
  void server.ended.then((end) => {
    [how, ended] = [`ended (${end})`, true];
  });
  const limit = performance.now() + READY_LIMIT_MS;
  while (!ended && performance.now() < limit) {
    if (await holds()) return;
    await delay(BETWEEN_MS);
  }
  const log = readFileSync(logOf(name), 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  throw new Error(`${name}: ${how}. The end of its log:\n${log}`);
}
