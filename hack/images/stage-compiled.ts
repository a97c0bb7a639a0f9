import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { APP, COMPILED, nodeFlags } from './contents.ts';
import type { ImageKind } from './names.ts';

/** In an image. */
const NODE = '/usr/bin/node';
/** Milliseconds that a program may take to load. */
const LOADING_MS = 60_000;
/** Milliseconds for what a program does right after the request that shows that it has loaded. */
const SETTLING_MS = 1000;

/** A document that makes a gateway load what most of them need. */
const DOCUMENT = `pack: { name: compiled, version: 1.0.0, enabled: true }
providers: { targets: [{ id: mock, provider: mock, models: [{ name: echo }] }] }
policies: { chain: [dlp-filter, pii-detector] }
policy:
  dlp-filter: { action: block, detect_patterns: ['EMP-[0-9]{4}'] }
  pii-detector: { action: redact }
`;

/**
 * Runs a program once, with the flags of its image, and keeps the code that Node compiled for it: a pod, whose root
 * cannot be written, could never keep its own. Node takes it where version, flags and features of the processor are
 * the same, and compiles anew elsewhere.
 *
 * The program has the image's root for its own, since the code names the files that it was compiled from: nothing of this
 * machine is in it.
 *
 * @param fill puts what the image has below its compiled code into a folder
 * @throws Error with what the program wrote, when it does not run
 */
export async function stageCompiled(
  kind: ImageKind,
  folder: string,
  fill: (tree: string) => Promise<void>,
): Promise<void> {
  const tree = `${folder}.tree`;
  await rm(tree, { recursive: true, force: true });
  await mkdir(tree, { recursive: true });
  await fill(tree);
  // Children are started with it in the place of an input, and only root can make the real one.
  await mkdir(join(tree, 'dev'));
  await writeFile(join(tree, 'dev/null'), '');
  await runOnce(kind, tree);
  const compiled = join(tree, COMPILED);
  await mkdir(join(folder, APP), { recursive: true });
  await rename(compiled, join(folder, COMPILED));
  await rm(tree, { recursive: true, force: true });
}

async function runOnce(kind: ImageKind, tree: string): Promise<void> {
  // Never answers: what has loaded shows it by its first request, and then waits.
  const server = createServer();
  const asked = once(server, 'request');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const work = '/work';
  await mkdir(join(tree, work));
  const args =
    kind === 'gateway' ? await gatewayArguments(tree, work, url) : await operatorArguments(tree, work, url);
  const program = [NODE, ...nodeFlags(kind), join(APP, kind, 'main.js'), ...args];
  const [command = '', ...rest] = insideOf(tree);
  const child = spawn(command, [...rest, ...program, '--state-dir', join(work, 'state')], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: COMPILED, NODE_COMPILE_CACHE_PORTABLE: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'exit');
  const failed = (): Error =>
    new Error(`the ${kind} does not run, so that nothing can be compiled:\n${output}`);
  try {
    await Promise.race([
      asked,
      ended.then(() => Promise.reject(failed())),
      delay(LOADING_MS, undefined, { ref: false }).then(() => Promise.reject(failed())),
    ]);
    await delay(SETTLING_MS);
    child.kill('SIGTERM');
    server.closeAllConnections();
    // What was compiled is written when a process ends by itself, be it for want of an API server.
    const [, signal] = await ended;
    if (signal !== null) throw failed();
  } finally {
    child.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
  }
}

/**
 * The command that runs another one with a folder for its root.
 *
 * @throws Error where this user may not
 */
function insideOf(tree: string): string[] {
  if (process.getuid?.() === 0) return ['chroot', tree];
  const command = ['unshare', '--map-root-user', `--root=${tree}`];
  const { status, error, stderr } = spawnSync('unshare', [...command.slice(1), NODE, '--version']);
  if (status === 0) return command;
  throw new Error(
    `a program cannot be run in a root of its own, which compiled code is made in: ${String(error ?? stderr).trim()}. ` +
      'Make images as root, or where users may make namespaces.',
  );
}

/** It asks the control plane once it has its document. */
async function gatewayArguments(tree: string, work: string, url: string): Promise<string[]> {
  const config = join(work, 'policy-config.yaml');
  await writeFile(join(tree, config), `${DOCUMENT}control_plane: { url: '${url}' }\n`);
  return ['--config', config, '--port', '0', '--admin-port', '0', '--drain-seconds', '0'];
}

/** It asks the API server once everything is loaded. */
async function operatorArguments(tree: string, work: string, url: string): Promise<string[]> {
  const kubeconfig = join(work, 'kubeconfig');
  const text = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'one',
    contexts: [{ name: 'one', context: { cluster: 'one', user: 'one', namespace: 'default' } }],
    clusters: [{ name: 'one', cluster: { server: url } }],
    users: [{ name: 'one', user: { token: 'none' } }],
  };
  await writeFile(join(tree, kubeconfig), JSON.stringify(text));
  return ['--kubeconfig', kubeconfig, '--api-port', '0'];
}
