import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { untilReady } from '../api-server/ready.ts';
import { DNS_READY_URL, ETCD_URL, type ServerName, serverArguments } from './arguments.ts';
import { writeCredentials } from './certificates.ts';
import { configurationFiles } from './configuration.ts';
import { type Kubectl, kubectlAt, run } from './kubectl.ts';
import { CONTAINERD_SOCKET, type Layout, NODE_NAME } from './layout.ts';
import { firstObjects, volumeFolders } from './objects.ts';
import type { ClusterOptions } from './options.ts';
import { writePauseImage } from './pause-image.ts';
import { untilPeopleMayLook, writePeople } from './people.ts';
import { type Running, startServer } from './server.ts';
import { reclaimVolumes } from './volumes.ts';

const READY_LIMIT_MS = 120_000;
const BETWEEN_MS = 100;

/**
 * Starts every part of a cluster, inside its namespaces, and resolves when pods can run and find each other.
 *
 * @throws Error with the end of the log of a part that does not get ready.
 */
export async function bringUp(
  layout: Layout,
  { host, programs, images }: ClusterOptions,
  say: (line: string) => void,
): Promise<void> {
  const { paths } = layout;
  const begin = performance.now();
  const tell = (what: string): void => say(`  ${((performance.now() - begin) / 1000).toFixed(1)} s: ${what}`);
  const program = (name: string): string => programs[name]!;
  const logOf = (name: ServerName): string => `${paths.logs}/${name}.log`;
  const servers: Running[] = [];
  const start = async (name: ServerName): Promise<Running> => {
    const server = await startServer(program(name), serverArguments(layout)[name], logOf(name), say);
    servers.push(server);
    return server;
  };
  const importImage = (file: string): Promise<string> =>
    run(program('ctr'), ['--namespace', 'k8s.io', 'images', 'import', file]);
  const containerReady = async (): Promise<void> => {
    const containerd = await start('containerd');
    const pause = await writePauseImage(layout, program('pause'));
    await until(containerd, logOf('containerd'), () => existsSync(CONTAINERD_SOCKET));
    await importImage(pause);
  };

  makeFiles(layout, configurationFiles(layout, host));
  const runtime = containerReady();
  // It is waited for below; until then a failure of another part must be told first.
  runtime.catch(() => {});
  const etcd = await start('etcd');
  writeCredentials(layout, program('certificates'));
  await untilReady(etcd, { url: `${ETCD_URL}/health` }, logOf('etcd'));
  const api = await start('kube-apiserver');
  const probe = { url: `${layout.apiUrl}/readyz`, authorityFile: `${paths.keys}/ca.crt` };
  await untilReady(api, probe, logOf('kube-apiserver'));
  tell('the API server is ready');

  const kubectl = kubectlAt(program('kubectl'), paths.kubeconfig);
  await runtime;
  const kubelet = await start('kubelet');
  const dns = await start('coredns');
  await Promise.all((['kube-controller-manager', 'kube-scheduler', 'kube-proxy'] as const).map(start));
  await Promise.all([
    nodeReady(kubelet, logOf('kubelet'), kubectl).then(() => tell('the node is ready')),
    makeObjects(layout, kubectl).then(() => untilReady(dns, { url: DNS_READY_URL }, logOf('coredns'))),
    importAll(images, importImage).then(() => tell(`${images.length + 1} images are loaded`)),
  ]);
  for (const server of servers) server.keep();
  void reclaimVolumes({ layout, program: program('kubectl'), kubectl, folders: volumeFolders(layout), say });
}

function makeFiles(layout: Layout, files: Readonly<Record<string, string>>): void {
  const { config, keys, people, images } = layout.paths;
  for (const folder of [config, keys, people, images, ...volumeFolders(layout)])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

async function makeObjects(layout: Layout, kubectl: Kubectl): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: firstObjects(layout) };
  await kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(list));
  await writePeople(layout, kubectl);
  await untilPeopleMayLook(kubectl);
}

async function importAll(
  files: readonly string[],
  importImage: (file: string) => Promise<unknown>,
): Promise<void> {
  for (const file of files) await importImage(file);
}

async function nodeReady(kubelet: Running, log: string, kubectl: Kubectl): Promise<void> {
  const path = '-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}';
  await until(kubelet, log, async () => {
    const status = await kubectl(['get', 'node', NODE_NAME, path, '--ignore-not-found']);
    return status === 'True';
  });
}

/** Resolves when the condition holds. @throws Error with the end of the log of a server that ends or takes too long */
async function until(
  server: Running,
  logFile: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  let how: string | null = null;
  void server.ended.then((end) => {
    how = `ended (${end})`;
  });
  const limit = performance.now() + READY_LIMIT_MS;
  while (how === null && performance.now() < limit) {
    if (await holds()) return;
    await delay(BETWEEN_MS);
  }
  const log = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
  const what = how ?? `was not ready within ${READY_LIMIT_MS / 1000} s`;
  throw new Error(`A part ${what}. The end of ${logFile}:\n${log}`);
}
