import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Place as ClusterPlace, layoutOf } from '../../../../hack/cluster/layout.ts';
import { processesOf } from '../../../../hack/cluster/processes.ts';
import { CONFIG_REVISION_ANNOTATION } from '../../../../operator/render/configmap.ts';
import { kubectl } from '../../../fakes/kubectl.ts';
import type { PodObject } from '../objects.ts';
import type { Place } from '../place.ts';

/** Milliseconds for pods to take traffic again: two probes that fail in a row on a busy node take it from them. */
const READY_MS = 10_000;

/** @throws Error where a pod that was remembered is gone, is restarted, or has company; or, `replaced`, is still there */
export async function samePods(
  place: Place,
  what: 'remember' | 'expect' | 'replaced',
  namespace: string,
): Promise<void> {
  const take = async (): Promise<PodObject[] | null> => {
    const pods = await place.pods(namespace);
    return pods.length > 0 ? pods : null;
  };
  const present = async (): Promise<PodObject[]> =>
    (await place.everyPod(namespace)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (what === 'remember') {
    // One that misses a probe at this moment would be one too many later.
    const all = async (): Promise<PodObject[] | null> => {
      const pods = await take();
      return pods?.length === (await present()).length ? pods : null;
    };
    place.remembered = await place.until('every pod takes traffic', all, READY_MS);
    return;
  }
  if (what === 'replaced') {
    const pods = await place.until('a pod takes traffic', take, READY_MS);
    const uids = new Set(place.remembered.map(({ metadata }) => metadata.uid));
    const old = pods.filter(({ metadata }) => uids.has(metadata.uid));
    if (uids.size === 0 || old.length > 0)
      throw new Error(`${old.length} of ${pods.length} pods are those of before`);
    return;
  }
  // Nothing is waited for here: another pod would be one too many, ready or not, and nothing takes back a restart.
  expectSame(place.remembered, await present());
  const all = async (): Promise<boolean> => (await place.pods(namespace)).length === place.remembered.length;
  await place.until('the pods of before take traffic', all, READY_MS);
  expectSame(place.remembered, await present());
}

function expectSame(before: readonly PodObject[], now: readonly PodObject[]): void {
  const [were, are] = [before, now].map((list) =>
    list
      .map(({ metadata: { name }, status }) => `${name} restarted ${restarts(status)} times`)
      .sort()
      .join(),
  );
  if (were === '' || were !== are) throw new Error(`the pods were ${were}, and are ${are}`);
}

const restarts = ({ containerStatuses = [] }: PodObject['status']): number =>
  containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0);

const QUOTA = 'no-more-pods';
/** Milliseconds for a pod to be made once there is room. */
const ROOM_MS = 500;

/** Lets the namespace have no pod more than it has, or again as many as it likes. */
export async function roomForPods(place: Place, room: 'none' | 'any', namespace: string): Promise<void> {
  const at = ['-n', namespace];
  if (room === 'none') {
    await kubectl([...at, 'create', 'quota', QUOTA, '--hard=pods=0']);
    // It limits nothing before its controller has counted what there is.
    await kubectl([...at, 'wait', `quota/${QUOTA}`, '--for=jsonpath={.status.hard.pods}=0', '--timeout=30s']);
    return;
  }
  await kubectl([...at, 'delete', 'quota', QUOTA]);
  // Their controller tries again after ever longer pauses; a change makes it look at once. The API server may know the
  // quota for a moment yet, and then it takes another.
  let times = 0;
  const isTaken = async (): Promise<boolean> => {
    times += 1;
    await kubectl([
      ...at,
      'annotate',
      'replicasets',
      '--all',
      '--overwrite',
      `keeptrusts-test=room-${times}`,
    ]);
    await delay(ROOM_MS);
    const { items } = JSON.parse(await kubectl([...at, 'get', 'replicasets', '-o', 'json'])) as {
      items: { spec: { replicas: number }; status: { replicas: number } }[];
    };
    return items.every(({ spec, status }) => status.replicas >= spec.replicas);
  };
  await place.until('the pods that had no room are made', isTaken);
}

/** Milliseconds in which the operator tells a pod again that lacks something. */
const TOLD_MS = 20_000;

/** Waits until each pod that was remembered is told to look at its mounts, by nothing else than what it lacks. */
export async function toldAgain(place: Place, _: 'gateway', namespace: string): Promise<void> {
  const told = ({ metadata }: PodObject): string => metadata.annotations?.[CONFIG_REVISION_ANNOTATION] ?? '';
  const before = new Map(place.remembered.map((pod) => [pod.metadata.name, told(pod)]));
  const pods = await place.until(
    'each pod is told again',
    async () => {
      const now = await place.pods(namespace);
      // The first time may be for a revision; what comes after the dot counts the others.
      const isAgain = (pod: PodObject): boolean =>
        told(pod).includes('.') && told(pod) !== before.get(pod.metadata.name);
      return now.length > 0 && now.every(isAgain) && now;
    },
    TOLD_MS,
  );
  for (const pod of pods) place.note(`${pod.metadata.name} was told ${told(pod)}`);
  place.remembered = pods;
}

/** Deletes one pod, as a drained node does. */
export async function end(place: Place, _: 'gateway', namespace: string): Promise<void> {
  const [pod] = await place.pods(namespace);
  if (pod === undefined) throw new Error('no pod takes traffic');
  place.changedAt = performance.now();
  await kubectl(['-n', namespace, 'delete', 'pod', pod.metadata.name, '--wait=false']);
}

/** Ends the process of one pod with SIGKILL: nothing within a pod can do that to its first process. */
export async function kill(place: Place, _: 'gateway', namespace: string): Promise<void> {
  const [pod] = await place.pods(namespace);
  if (pod === undefined) throw new Error('no pod takes traffic');
  const pid = processOf(pod.metadata.uid, 'gateway/main.js');
  place.changedAt = performance.now();
  process.kill(pid, 'SIGKILL');
  place.note(`killed ${pod.metadata.name}`);
}

/** Ends a part of the node, which its supervisor starts again. */
export async function restart(place: Place, part: string): Promise<void> {
  const layout = layoutOf(process.env['KT_CLUSTER_PLACE'] as ClusterPlace);
  const pids = processesOf(layout, part);
  if (pids.length === 0) throw new Error(`no ${part} runs`);
  place.changedAt = performance.now();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  const isNew = async (): Promise<boolean> => processesOf(layout, part).some((pid) => !pids.includes(pid));
  await place.until(`another ${part}`, isNew);
}

/** The host's id of a process of a pod. @throws Error */
function processOf(uid: string, program: string): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    if (read(pid, 'cgroup').includes(`pod${uid}`) && read(pid, 'cmdline').includes(program))
      return Number(pid);
  throw new Error(`no process of pod ${uid} runs ${program}`);
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
