/**
 * A one-node Kubernetes on this machine: `npm run cluster:up [-- ARCHIVE…]` and `npm run cluster:down`. Further,
 * `node launcher.js hack/cluster/main.ts COMMAND`:
 *
 *   build            builds its programs and stops
 *   load ARCHIVE…    gives the node images
 *   restart PART…    kills a part, such as kubelet or containerd; it is started again
 */
import { dirname, resolve } from 'node:path';
import { removeCluster } from './down.ts';
import { API_URL, NODE_NAME, paths } from './layout.ts';
import { loadArchive } from './load.ts';
import { machineObstacle, thisMachine } from './machine.ts';
import { people } from './objects.ts';
import { readOptions } from './options.ts';
import { processesOf } from './processes.ts';
import { obtainPrograms } from './programs.ts';
import { bringClusterUp, isUp, joinUp } from './up.ts';

const say = (line: string): void => console.log(line);
const [command = '', ...rest] = process.argv.slice(2);
const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);

const commands: Readonly<Record<string, () => Promise<void>>> = { up, down, build, load, restart };

async function up(): Promise<void> {
  const machine = thisMachine(process.env);
  if (isUp()) {
    say('A cluster runs here already.');
    await joinUp(say);
    for (const file of rest) await loadArchive(resolve(file));
  } else {
    const programs = await obtainPrograms(machine, process.env, say);
    const begin = performance.now();
    say('Starting a cluster');
    await bringClusterUp({ machine, programs, images: rest.map((file) => resolve(file)), say });
    say(`${NODE_NAME} is ready after ${seconds(begin)} s: ${API_URL}`);
  }
  say(`\n  export KUBECONFIG=${paths.adminKubeconfig}`);
  say(`  export PATH=$PATH:${dirname(readOptions().programs['kubectl']!)}\n`);
  say(`People without the rights of the admin, each with a token, in ${paths.people}:`);
  for (const { name, namespace } of people)
    say(`  ${name}: ${namespace === null ? 'may do nothing' : `may look at namespace ${namespace}`}`);
  say('\nnpm run cluster:down removes the cluster.');
}

async function down(): Promise<void> {
  const begin = performance.now();
  say((await removeCluster()) ? `The cluster is removed, in ${seconds(begin)} s.` : 'There was no cluster.');
}

async function build(): Promise<void> {
  await obtainPrograms(thisMachine(process.env), process.env, say);
}

async function load(): Promise<void> {
  for (const file of rest) {
    const begin = performance.now();
    await loadArchive(resolve(file));
    say(`${file} is loaded, in ${seconds(begin)} s.`);
  }
}

async function restart(): Promise<void> {
  for (const part of rest) {
    const pids = processesOf(part);
    if (pids.length === 0) throw new Error(`no ${part} runs in a cluster here`);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  }
}

async function main(): Promise<void> {
  const run = commands[command];
  if (run === undefined) throw new Error(`usage: hack/cluster/main.ts ${Object.keys(commands).join('|')}`);
  const obstacle = machineObstacle(thisMachine(process.env), process.platform, process.getuid?.());
  if (obstacle !== null) throw new Error(`A cluster cannot run on this machine: ${obstacle}`);
  await run();
}

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
