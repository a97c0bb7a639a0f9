import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { WATCHED } from '../../../operator/kube/resources.ts';
import { forget, quiet } from '../../fakes/cluster-fault.ts';
import { ClusterPerson } from '../../fakes/cluster-person.ts';
import { clusterState } from '../../fakes/cluster-state.ts';
import { FaultProxy } from '../../fakes/fault-proxy.ts';
import { eventually, TestFolder } from '../../fakes/folder.ts';
import { kubectl, testCluster } from '../../fakes/kubectl.ts';
import { OperatorProcess } from '../../fakes/operator-process.ts';
import { type Json, policy, target } from '../../fakes/resources.ts';

/** Milliseconds without a write after which an operator that has nothing to do counts as done. */
const QUIET_MS = 1000;

/** The operator's program behind a proxy, in a namespace of its own with one gateway to make. */
class Stage {
  readonly #person: ClusterPerson;
  readonly #proxy: FaultProxy;
  readonly #folder = new TestFolder();
  #watches = 0;
  #last: OperatorProcess | undefined;

  private constructor(person: ClusterPerson, proxy: FaultProxy) {
    this.#person = person;
    this.#proxy = proxy;
    this.#folder.write('kubeconfig', proxy.kubeconfig);
    proxy.onRequest = ({ isWatch }) => {
      if (isWatch) this.#watches++;
    };
  }

  static async set(): Promise<Stage> {
    const namespace = `kt-kill-${randomBytes(4).toString('hex')}`;
    const { kubeconfig } = testCluster();
    await kubectl(['create', 'namespace', namespace]);
    const person = await ClusterPerson.start(kubeconfig, namespace);
    for (const object of [policy('guard'), target('mock')]) await person.apply(object);
    return new Stage(person, await FaultProxy.start(kubeconfig));
  }

  start(state?: TestFolder): OperatorProcess {
    this.#watches = 0;
    this.#last = new OperatorProcess({
      namespaces: [],
      kubeconfig: this.#folder.file('kubeconfig'),
      args: [
        `--namespaces=${this.#person.namespace}`,
        // The next one need not wait until the lease of the killed one has expired.
        '--no-leader-elect',
        // It stands in the documents.
        '--advertise-url=http://keeptrusts:8080',
      ],
      ...(state === undefined ? {} : { state }),
    });
    return this.#last;
  }

  /** Its caches are full when it watches every kind; then it has its work before it. */
  async #done(operator: OperatorProcess): Promise<void> {
    await eventually(() => this.#watches >= WATCHED.length, 'an operator that watches every kind', 60_000);
    await quiet(this.#proxy, QUIET_MS, async () => {
      // A new gateway is waited with for a second, in which the operator does nothing.
      const made = await this.#person.list('Deployment');
      return (await operator.busy()) || made.length === 0;
    });
  }

  /** What an operator makes that nobody disturbs, and how many writes that takes. */
  async undisturbed(): Promise<{ state: Json; writes: number }> {
    const before = this.#proxy.writes;
    const operator = this.start();
    await this.#done(operator);
    const state = await clusterState(this.#person);
    await operator.remove();
    return { state, writes: this.#proxy.writes - before };
  }

  /** Kills the operator at its n-th write, before or after the API server has it, and lets the next one go on. */
  async killedAt(n: number, when: 'before' | 'after'): Promise<Json> {
    await forget(this.#person);
    const state = new TestFolder();
    const at = this.#proxy.writes + n;
    const first = this.start(state);
    const kill = (): void => first.signal('SIGKILL');
    this.#proxy.faultOf = ({ isWrite, writes }) => {
      if (!isWrite || writes < at) return null;
      if (when === 'before' || writes > at) {
        kill();
        return { drop: 'request' };
      }
      return { drop: 'response', first: kill };
    };
    // Two statuses may become one, so that there is no n-th write; then it is killed at rest.
    void this.#done(first).then(kill, () => {});
    expect(await first.exited, first.output).to.equal(null);
    this.#proxy.faultOf = () => null;
    const second = this.start(state);
    await this.#done(second);
    const left = await clusterState(this.#person);
    await second.remove();
    return left;
  }

  async clear(): Promise<void> {
    await this.#last?.remove();
    await this.#proxy.stop();
    await kubectl(['delete', 'namespace', this.#person.namespace, '--wait=false']);
    await this.#person.close();
    this.#folder.remove();
  }
}

/** Kills one operator after the other, each a write later than the one before. */
async function killedEverywhere(stage: Stage, when: 'before' | 'after'): Promise<void> {
  const { state, writes } = await stage.undisturbed();
  expect(Object.keys(state)).to.have.length(6);
  for (let n = 1; n <= writes; n++) {
    expect(await stage.killedAt(n, when), `killed ${when} write ${n}`).to.deep.equal(state);
  }
}

describe('an operator that is killed with -9', function () {
  this.timeout(400_000);
  const cases = ['before', 'after'] as const;
  let stages: Stage[] = [];
  let runs: Promise<void>[] = [];

  before(async () => {
    stages = await Promise.all(cases.map(() => Stage.set()));
    runs = stages.map((stage, index) => killedEverywhere(stage, cases[index]!));
    for (const run of runs) run.catch(() => {});
  });
  after(() => Promise.all(stages.map((stage) => stage.clear())));

  for (const [index, when] of cases.entries()) {
    it(`${when} the API server has its n-th write, for every n, is followed by one that ends up the same`, () =>
      runs[index]);
  }
});
