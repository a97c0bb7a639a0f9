import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';

export interface Size {
  pods: number;
  edits: number;
}

/** Milliseconds from the edit until each pod enforced it, and until the status said so. */
export interface Edit {
  pods: number[];
  programmed: number;
}

const GROUP = '/apis/governance.keeptrusts.com/v1alpha1';
/** Milliseconds between two looks at one pod. */
const LOOK_MS = 10;
/** Milliseconds above which an edit is told by itself. */
const SLOW_MS = 2000;
/** Milliseconds for anything. */
const LIMIT_MS = 180_000;

interface Pod {
  metadata: { name: string; uid: string; deletionTimestamp?: string };
  status: {
    conditions?: { type: string; status: string }[];
    containerStatuses?: { restartCount: number }[];
  };
}

/**
 * Makes a gateway with pods in a namespace of its own and edits its policy again and again. An edit is in force in a pod
 * when that pod refuses what the edit forbids.
 */
export async function measureDelivery(
  cluster: Cluster,
  size: Size,
  say: (line: string) => void,
): Promise<Edit[]> {
  const namespace = `keeptrusts-delivery-${process.pid}`;
  const at = `${GROUP}/namespaces/${namespace}`;
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await cluster.must('POST', '/api/v1/namespaces', { metadata: { name: namespace, labels } });
  try {
    const make = (plural: string, kind: string, name: string, spec: object) =>
      cluster.must('POST', `${at}/${plural}`, {
        apiVersion: 'governance.keeptrusts.com/v1alpha1',
        kind,
        metadata: { name },
        spec,
      });
    await make('governancegateways', 'GovernanceGateway', 'default', {
      replicas: size.pods,
      // Without a request a pod waits for all others of a busy node.
      resources: { requests: { cpu: '100m', memory: '256Mi' } },
    });
    await make('providertargets', 'ProviderTarget', 'mock', { provider: 'mock', models: [{ name: 'echo' }] });
    const began = performance.now();
    await make('governancepolicies', 'GovernancePolicy', 'guard', specOf('nothing yet'));
    const pods = await until(() => readyPods(cluster, namespace, size.pods), 'ready pods');
    say(`${pods.length} pods are ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const edits: Edit[] = [];
    for (let edit = 1; edit <= size.edits; edit += 1) {
      const term = `forbidden word ${edit}`;
      const from = performance.now();
      const edited = await cluster.must('PATCH', `${at}/governancepolicies/guard`, { spec: specOf(term) });
      const { generation } = edited['metadata'] as { generation: number };
      const since = (): number => performance.now() - from;
      const refusing = (name: string) => refuses(cluster, namespace, name, term);
      const names = pods.map(({ metadata }) => metadata.name);
      const told = async (): Promise<number> => {
        await until(() => isProgrammed(cluster, `${at}/governancepolicies/guard`, generation), 'status', 50);
        const ms = since();
        if ((await Promise.all(names.map(refusing))).includes(null))
          throw new Error('the status said that every pod enforces the edit before every pod did');
        return ms;
      };
      const [programmed, ...times] = await Promise.all([
        told(),
        ...names.map((name) => until(() => refusing(name), name).then(since)),
      ]);
      edits.push({ pods: times, programmed: programmed! });
      const slowest = Math.max(...times);
      if (slowest > SLOW_MS)
        say(
          `edit ${edit} took ${(slowest / 1000).toFixed(2)} s, from ${new Date(Date.now() - slowest).toISOString()}`,
        );
      // People do not edit in the very moment in which the last edit took effect.
      await delay(200 + Math.random() * 800);
    }
    const after = await readyPods(cluster, namespace, size.pods);
    const restarts = after?.flatMap(({ status }) => status.containerStatuses ?? []);
    const same = after?.every(({ metadata }) => pods.some(({ metadata: { uid } }) => uid === metadata.uid));
    if (same !== true || restarts?.some(({ restartCount }) => restartCount > 0) !== false)
      throw new Error('a pod was restarted or replaced');
    return edits;
  } finally {
    await cluster.send('DELETE', `/api/v1/namespaces/${namespace}`);
  }
}

function specOf(term: string): object {
  return {
    mode: 'Enforce',
    identity: { anonymousCallers: 'Allowed' },
    entries: [{ name: 'words', kind: 'DlpFilter', dlpFilter: { action: 'Block', blockedTerms: [term] } }],
  };
}

async function readyPods(cluster: Cluster, namespace: string, count: number): Promise<Pod[] | null> {
  const { items } = await cluster.must('GET', `/api/v1/namespaces/${namespace}/pods`);
  const ready = (items as Pod[]).filter(({ metadata, status }) => {
    const is = status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return is === true && metadata.deletionTimestamp === undefined;
  });
  return ready.length === count ? ready : null;
}

async function isProgrammed(cluster: Cluster, path: string, generation: number): Promise<true | null> {
  const { status } = await cluster.must('GET', path);
  const { conditions = [] } = (status ?? {}) as {
    conditions?: { type: string; status: string; observedGeneration: number }[];
  };
  const found = conditions.find(({ type }) => type === 'Programmed');
  return found?.status === 'True' && found.observedGeneration === generation ? true : null;
}

/** @throws Error where the pod gives any other answer than the two that it may */
async function refuses(cluster: Cluster, namespace: string, pod: string, term: string): Promise<true | null> {
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}:41002/proxy/v1/chat/completions`;
  const ask = { model: 'echo', messages: [{ role: 'user', content: `Tell me the ${term}.` }] };
  const { status, body } = await cluster.send('POST', path, ask);
  if (status === 403 && body.includes('policy_violation')) return true;
  if (status === 200) return null;
  throw new Error(`${pod} answered ${status}: ${body.slice(0, 300)}`);
}

async function until<T>(look: () => Promise<T | null>, what: string, pauseMs = LOOK_MS): Promise<T> {
  const end = performance.now() + LIMIT_MS;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error(`${what}: nothing within ${LIMIT_MS / 1000} s`);
    await delay(pauseMs);
  }
}
