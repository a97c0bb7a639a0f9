import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../../hack/delivery/cluster.ts';
import { kubectl } from '../../fakes/kubectl.ts';
import { type KubeObject, objectPath, type PodObject } from './objects.ts';
import { clientPod, namespaceObjects, outsideOf } from './surroundings.ts';

/** Milliseconds for something to come about. */
export const LIMIT_MS = 60_000;
const LOOK_MS = 100;
/** Milliseconds for pods to end, which may drain for ten seconds. */
const ENDING_MS = 20_000;

/** Where one scenario happens, and what has happened so far. */
export class Place {
  readonly cluster: Cluster;
  readonly folder: string;
  readonly namespace: string;
  readonly other: string;
  /** Lines for people. */
  readonly notes: string[] = [];
  readonly keys = new Map<string, { id: string; value: string }>();
  /** `performance.now()` when somebody last changed something. */
  changedAt = performance.now();
  remembered: PodObject[] = [];
  readonly #began = performance.now();
  /** Namespaces whose gateway was reached by its Service once. */
  readonly #reached = new Set<string>();
  /** Puts back what the scenario did to others, in order. */
  readonly repairs: (() => Promise<unknown>)[] = [];
  readonly #answered = new Map<string, Map<string, string | null>>();
  #requests = 0;

  constructor(cluster: Cluster, folder: string, namespace: string) {
    this.cluster = cluster;
    this.folder = folder;
    this.namespace = namespace;
    this.other = `${namespace}-other`;
  }

  namespaceOf(step: { in?: 'other' }): string {
    return step.in === 'other' ? this.other : this.namespace;
  }

  note(text: string): void {
    this.notes.push(`${((performance.now() - this.#began) / 1000).toFixed(1)} s: ${text}`);
  }

  /** Requests that gateways of a namespace answered: the id of the event that the answer named. */
  answeredIn(namespace: string): Map<string, string | null> {
    const known = this.#answered.get(namespace) ?? new Map<string, string | null>();
    this.#answered.set(namespace, known);
    return known;
  }

  /** An id for the next request. */
  nextId(): string {
    this.#requests += 1;
    return `ask-${this.#requests}`;
  }

  /** Makes the namespaces, and the client's pod in the first. */
  async prepare(clientImage: string, needsOther: boolean): Promise<void> {
    const items = [
      ...namespaceObjects(this.namespace),
      ...(needsOther ? namespaceObjects(this.other) : []),
      ...clientPod(this.namespace, clientImage),
    ];
    await kubectl(['apply', '-f', '-'], { input: { apiVersion: 'v1', kind: 'List', items } });
    await this.until('the client answers', async () => (await this.tell('/upstream/received', {})) === 0);
  }

  async remove(): Promise<void> {
    for (const repair of this.repairs) await repair();
    for (const namespace of [this.namespace, this.other])
      for (const path of [...outsideOf(namespace), `/api/v1/namespaces/${namespace}`])
        await this.cluster.send('DELETE', path);
    // Namespaces take longer, and cost nothing; pods that end would be measured with whoever comes next.
    await this.until('the pods end', () => this.#isEmpty(), ENDING_MS).catch(() => {});
  }

  async #isEmpty(): Promise<boolean> {
    const { items } = await this.cluster.must('GET', objectPath('pod', this.namespace));
    return (items as PodObject[]).length === 0;
  }

  /** Gives the client's pod an order, and returns what it answers. @throws Error */
  async tell<T>(order: string, body: object): Promise<T> {
    const path = `/api/v1/namespaces/${this.namespace}/pods/client:8090/proxy${order}`;
    const answer = await this.cluster.send('POST', path, body);
    if (answer.status === 200) return JSON.parse(answer.body) as T;
    throw new Error(`the client says to ${order}: ${answer.status} ${answer.body.slice(0, 300)}`);
  }

  /**
   * The host name of a namespace's gateway, once the node has learnt where its Service leads: it does so a moment after
   * the pods are ready.
   */
  async serviceOf(namespace: string): Promise<string> {
    const host = `keeptrusts-default.${namespace}.svc`;
    if (!this.#reached.has(namespace)) {
      const url = `http://${host}:41002/healthz`;
      await this.until(`${url} answers`, async () => (await this.tell<number>('/reach', { url })) === 200);
      this.#reached.add(namespace);
    }
    return host;
  }

  /** An object, or null where there is none. `name` is as kubectl is told. @throws Error */
  async find(name: string, namespace: string): Promise<KubeObject | null> {
    const { status, body } = await this.cluster.send('GET', objectPath(name, namespace));
    if (status === 404) return null;
    if (status !== 200) throw new Error(`${name}: ${status} ${body.slice(0, 300)}`);
    return JSON.parse(body) as KubeObject;
  }

  /** Pods of the gateway `default` that take traffic. */
  async pods(namespace: string): Promise<PodObject[]> {
    const selector = encodeURIComponent('app.kubernetes.io/instance=keeptrusts-default');
    const list = await this.cluster.must('GET', `${objectPath('pod', namespace)}?labelSelector=${selector}`);
    return (list['items'] as PodObject[]).filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True'),
    );
  }

  /** Waits until `look` finds something. @throws Error that says `what`, with what it last failed with */
  async until<T>(what: string, look: () => Promise<T | null | false>, ms = LIMIT_MS): Promise<T> {
    const end = performance.now() + ms;
    let fault = '';
    for (;;) {
      try {
        const found = await look();
        if (found !== null && found !== false) return found;
      } catch (error) {
        fault = `: ${(error as Error).message}`;
      }
      if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms${fault}`);
      await delay(LOOK_MS);
    }
  }
}
