import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../operator/runtime/clock.ts';
import { ClusterOperator } from './cluster-operator.ts';
import { CHILD_KINDS, ClusterPerson, OUR_KINDS } from './cluster-person.ts';
import { clusterState } from './cluster-state.ts';
import { FaultProxy } from './fault-proxy.ts';
import { kubectl, testCluster } from './kubectl.ts';
import { childOf, gateway, type Json, policy, target } from './resources.ts';

export interface ClusterFault {
  name: string;
  /** Milliseconds that it lasts, while people go on working. */
  lastsMs: number;
  /** Begins it; what is returned ends it. */
  begin(proxy: FaultProxy): () => void;
  /** The operator's clock. */
  clock?: Clock;
}

export interface Convergence {
  /** What there was when the time was up, and what an operator makes that begins with nothing. */
  left: Json;
  fresh: Json;
  /** Writes in a while after that in which nobody did anything. */
  idleWrites: number;
}

/** Milliseconds after the end of a fault in which all must be well again. */
const RECOVERY_MS = 30_000;
/** Milliseconds without a write after which an operator counts as done that nothing disturbs. */
const QUIET_MS = 6000;
/** The same before a fault begins: then it need not be quite done. */
const BEGUN_MS = 2000;
/** Milliseconds between two things that people do. */
const PACE_MS = 400;

/** Runs an operator behind a proxy in a namespace of its own, lets people work through the fault, and looks at the end. */
export async function converge(fault: ClusterFault): Promise<Convergence> {
  const namespace = `kt-fault-${randomBytes(4).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'kt-test-'));
  const { kubeconfig } = testCluster();
  await kubectl(['create', 'namespace', namespace]);
  const person = await ClusterPerson.start(kubeconfig, namespace);
  const proxy = await FaultProxy.start(kubeconfig);
  const proxied = join(folder, 'kubeconfig');
  writeFileSync(proxied, proxy.kubeconfig);
  const clock = fault.clock === undefined ? {} : { clock: fault.clock };
  let cluster: Instances | undefined;
  try {
    for (const object of BASE) await person.apply(object);
    let operator = await ClusterOperator.start({ namespace, kubeconfig: proxied, ...clock });
    cluster = new Instances(person, () => operator);
    await quiet(proxy, BEGUN_MS, () => !operator.idle);

    const end = fault.begin(proxy);
    await work(person, fault.lastsMs);
    end();
    await pause(RECOVERY_MS);
    const left = await clusterState(person);
    const writes = proxy.writes;
    await pause(QUIET_MS);
    const idleWrites = proxy.writes - writes;

    await operator.stop();
    await forget(person);
    operator = await ClusterOperator.start({ namespace, kubeconfig: proxied });
    const instances = cluster;
    await quiet(
      {
        // On a busy machine it may be long before instances take up what the operator has done, and it goes on then.
        get writes() {
          return proxy.writes + instances.changes;
        },
      },
      QUIET_MS,
      () => !operator.idle || instances.age > BEGUN_MS,
    );
    const fresh = await clusterState(person);
    await operator.stop();
    return { left, fresh, idleWrites };
  } finally {
    await cluster?.stop();
    await proxy.stop();
    await person.close();
    await kubectl(['delete', 'namespace', namespace, '--wait=false']);
    rmSync(folder, { recursive: true, force: true });
  }
}

const BASE = [policy('guard'), policy('other'), target('mock'), target('spare')];

/** Things that people do; the last ones leave another set of gateways than the first. */
const WORK: readonly ((person: ClusterPerson, round: number) => Promise<unknown>)[] = [
  (person, round) => person.apply(policy('guard', { limits: { maxBodyBytes: 4096 + round } })),
  (person) => person.patch('ConfigMap', childOf('default'), { data: { 'policy-config.yaml': 'broken' } }),
  (person) => person.delete('Service', childOf('default')),
  (person) => person.apply(gateway('second', { replicas: 2 })),
  (person) => person.delete('GovernancePolicy', 'other'),
  (person) => person.patch('Deployment', childOf('second'), { spec: { replicas: 7 } }),
  (person) => person.delete('GovernanceGateway', 'second'),
  (person) => person.apply(policy('other', { mode: 'Observe' })),
  (person) => person.delete('ProviderTarget', 'spare'),
  (person) => person.delete('ConfigMap', childOf('default')),
  (person, round) => person.apply(target('spare', { timeouts: { connectMs: 1000 + round } })),
  (person) => person.apply(policy('guard', { routing: { targets: ['mock', 'nowhere'] } })),
  (person, round) => person.apply(gateway(`extra-${round % 2}`)),
];

async function work(person: ClusterPerson, lastsMs: number): Promise<void> {
  const end = performance.now() + lastsMs;
  for (let round = 0; performance.now() < end; round++) {
    await WORK[round % WORK.length]!(person, round);
    await pause(PACE_MS);
  }
}

/** What a Deployment controller and instances do: they take up what they are given, and say so. */
class Instances {
  readonly #person: ClusterPerson;
  readonly #operator: () => ClusterOperator;
  readonly #stopped = new AbortController();
  readonly #ended: Promise<void>;
  #changes = 0;
  #lookedAt = performance.now();

  constructor(person: ClusterPerson, operator: () => ClusterOperator) {
    this.#person = person;
    this.#operator = operator;
    this.#ended = this.#work();
  }

  /** How often they took something up. */
  get changes(): number {
    return this.#changes;
  }

  /** Milliseconds since the last look that came to its end began. */
  get age(): number {
    return performance.now() - this.#lookedAt;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#ended;
  }

  /** One look after another: those that overlap would put the older over the newer. */
  async #work(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const begun = performance.now();
      // What fails is done in the next one.
      await this.#look().then(
        () => {
          this.#lookedAt = begun;
        },
        () => undefined,
      );
      await pause(500);
    }
  }

  async #look(): Promise<void> {
    for (const object of await this.#person.list('Deployment')) {
      const { metadata, spec, status } = object as { metadata: { name: string }; spec: Json; status?: Json };
      const replicas = spec['replicas'] as number;
      if (status?.['readyReplicas'] !== replicas) {
        this.#changes++;
        const taken = { status: { replicas, readyReplicas: replicas } };
        await this.#person.patch('Deployment', metadata.name, taken, '/status');
      }
      this.#operator().report(this.#person.namespace, metadata.name.replace('keeptrusts-', ''), replicas);
    }
  }
}

/** Takes away everything that an operator made and wrote. */
export async function forget(person: ClusterPerson): Promise<void> {
  for (const kind of CHILD_KINDS) {
    for (const object of await person.list(kind)) {
      const { name, labels } = (object as { metadata: { name: string; labels?: Json } }).metadata;
      if (labels?.['app.kubernetes.io/managed-by'] !== undefined) await person.delete(kind, name);
    }
  }
  for (const kind of OUR_KINDS) {
    for (const object of await person.list(kind)) {
      await person.patch(
        kind,
        (object as { metadata: { name: string } }).metadata.name,
        { status: null },
        '/status',
      );
    }
  }
}

/** Resolves once nothing was written for `ms`, and nobody is busy then. */
export async function quiet(
  work: Pick<FaultProxy, 'writes'>,
  ms = QUIET_MS,
  busy: () => boolean | Promise<boolean> = () => false,
): Promise<void> {
  let [writes, last] = [work.writes, performance.now()];
  do {
    await pause(50);
    if (work.writes !== writes) [writes, last] = [work.writes, performance.now()];
  } while (performance.now() - last < ms || (await busy()));
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
