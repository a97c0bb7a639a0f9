/**
 * A one-node Kubernetes on this machine: `npm run cluster:up [-- ARCHIVE…]` and `npm run cluster:down`. Further,
 * `node launcher.js hack/cluster/main.ts COMMAND`:
 *
 *   needs            names the packages of Debian or Ubuntu that this machine lacks
 *   build            builds its programs and stops
 *   load ARCHIVE…    gives the node images
 *   enter COMMAND…   runs a command in the network of the node, where it reaches pods and Services by their addresses
 *   restart PART…    kills a part, such as kubelet or containerd; it is started again
 *
 * With `--test` all this is done with the second cluster that a machine has room for, which tests use.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { readArguments } from '../arguments.ts';
import { root } from '../images/contents.ts';
import { removeCluster } from './down.ts';
import { layoutOf, NODE_NAME, npmCommand } from './layout.ts';
import { loadArchive } from './load.ts';
import { freeLock } from './lock.ts';
import { type Machine, machineObstacle, missingPackages, thisMachine } from './machine.ts';
import { people } from './objects.ts';
import { claim, release, testsOfOthers, told } from './owner.ts';
import { initProcess, inNetwork, processesOf } from './processes.ts';
import { obtainPrograms } from './programs.ts';
import { bringClusterUp, isUp, joinUp } from './up.ts';

const { values, positionals } = readArguments({
  options: { test: { type: 'boolean' } },
  allowPositionals: true,
});
const [command = '', ...rest] = positionals;
const layout = layoutOf(values.test === true ? 'test' : 'main');
const say = (line: string): void => console.log(line);
const secondsSince = (begin: number): string => ((performance.now() - begin) / 1000).toFixed(1);

const commands: Readonly<Record<string, (machine: Machine) => Promise<void>>> = {
  up,
  down,
  needs,
  build,
  load,
  enter,
  restart,
};

async function up(machine: Machine): Promise<void> {
  const images = archives();
  leaveToTests();
  if (isUp(layout)) {
    say('A cluster runs here already.');
    await joinUp(layout, say);
    for (const file of images) await loadArchive(layout, file);
  } else {
    const programs = await obtainPrograms(machine, process.env, say);
    const begin = performance.now();
    say('Starting a cluster');
    // Who ends it here wants none; one that is killed leaves a cluster that comes up by itself.
    // Ctrl-C comes twice, from the terminal and from the launcher.
    let ending = false;
    const end = (): void => {
      if (!ending) void giveUp();
      ending = true;
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end);
    own(process.pid);
    await bringClusterUp({ layout, machine, programs, images, owner: caller(), say });
    say(`${NODE_NAME} is ready after ${secondsSince(begin)} s: ${layout.apiUrl}`);
  }
  own(initProcess(layout));
  const { kubeconfig, bin, people: folder } = layout.paths;
  say(`\n  export KUBECONFIG=${kubeconfig}\n  export PATH=$PATH:${bin}\n`);
  say(`People without the rights of the admin, each with a kubeconfig with a token in ${folder}:`);
  for (const { name, namespace } of people)
    say(`  ${name}: ${namespace === null ? 'may do nothing' : `may look at namespace ${namespace}`}`);
  say(`\n${npmCommand(layout, 'down')} removes the cluster.`);
}

/** @throws Error for a file that cannot be read, before anything is begun */
function archives(): string[] {
  for (const file of rest) accessSync(file, constants.R_OK);
  return rest.map((file) => resolve(file));
}

/** From now on it is in use for as long as the process lives. Others who start one at this moment own it instead. */
function own(pid: number | null): void {
  if (pid !== null) claim(layout.owner, { pid, use: 'up', folder: root });
}

/** @throws Error where tests use the cluster, which end it and would fail without it */
function leaveToTests(): void {
  const owner = testsOfOthers(layout.owner);
  if (owner !== null) throw new Error(`The cluster of tests is in use: ${told(owner, layout)}.`);
}

async function giveUp(): Promise<void> {
  await removeCluster(layout);
  release(layout.owner);
  freeLock(layout.lock);
  say('The cluster is removed.');
  process.exit(130);
}

async function down(): Promise<void> {
  const begin = performance.now();
  leaveToTests();
  const found = await removeCluster(layout);
  release(layout.owner);
  say(found ? `The cluster is removed, after ${secondsSince(begin)} s.` : 'There was no cluster.');
}

async function needs(machine: Machine): Promise<void> {
  for (const name of missingPackages(machine)) say(name);
}

async function build(machine: Machine): Promise<void> {
  await obtainPrograms(machine, process.env, say);
  say('The programs of a cluster are built.');
}

async function load(): Promise<void> {
  for (const file of archives()) {
    const begin = performance.now();
    await loadArchive(layout, file);
    say(`${file} is loaded, after ${secondsSince(begin)} s.`);
  }
}

async function enter(): Promise<void> {
  const [program, ...args] = inNetwork(layout, rest);
  const { status, error } = spawnSync(program!, args, { stdio: 'inherit' });
  if (error !== undefined) throw error;
  process.exitCode = status ?? 1;
}

async function restart(): Promise<void> {
  for (const part of rest) {
    const pids = processesOf(layout, part);
    if (pids.length === 0) throw new Error(`No ${part} runs in a cluster here.`);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
  }
}

/** Who called `sudo`. */
function caller(): [number, number] | null {
  const [user, group] = [process.env['SUDO_UID'], process.env['SUDO_GID']];
  return user === undefined || group === undefined ? null : [Number(user), Number(group)];
}

async function main(): Promise<void> {
  const run = commands[command];
  if (run === undefined) throw new Error(`Usage: hack/cluster/main.ts ${Object.keys(commands).join('|')}`);
  const machine = thisMachine(process.env);
  const obstacle = machineObstacle(machine, process.platform, process.getuid?.());
  // To be told what is missing needs nothing yet.
  if (obstacle !== null && run !== needs)
    throw new Error(`A cluster cannot run on this machine: ${obstacle}`);
  await run(machine);
}

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
