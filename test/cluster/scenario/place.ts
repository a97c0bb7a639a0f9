import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../../../hack/delivery/cluster.ts';
import { kubectl } from '../../fakes/kubectl.ts';
import type { Images } from './image.ts';
import { type KubeObject, objectPath, type PodObject } from './objects.ts';
import { clientPod, namespaceObjects, outsideOf } from './surroundings.ts';

/** Milliseconds for something to come about. */
export const LIMIT_MS = 60_000;
const LOOK_MS = 100;
/** Where one scenario happens, and what has happened so far. */
export class Place {
  readonly cluster: Cluster;
  readonly images: Images;
  readonly folder: string;
  readonly namespace: string;
  readonly other: string;
  /** Lines for people. */
  readonly notes: string[] = [];
  readonly keys = new Map<string, { id: string; value: string }>();
  /** What the control plane answered, by the id of a key. */
  readonly revokedAt = new Map<string, string>();
  /** `performance.now()` when somebody last changed something. */
  changedAt = performance.now();
  remembered: PodObject[] = [];
  /** Streams by the name that steps give them: the pod of each, by the id of its request. */
  readonly streams = new Map<string, ReadonlyMap<string, string>>();
  /** Milliseconds since the epoch when pods that were seen to end had been told to, by name, in whole seconds. */
  readonly endings = new Map<string, number>();
  readonly #began = performance.now();
  /** Namespaces whose gateway was reached by its Service once. */
  readonly #reached = new Set<string>();
  /** Puts back what the scenario did to others, in order. */
  readonly repairs: (() => Promise<unknown>)[] = [];
  readonly #answered = new Map<string, Map<string, string | null>>();
  #requests = 0;

  constructor(parts: { cluster: Cluster; images: Images }, folder: string, namespace: string) {
    this.cluster = parts.cluster;
    this.images = parts.images;
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

  /** @throws Error */
  key(name: string): { id: string; value: string } {
    const key = this.keys.get(name);
    if (key === undefined) throw new Error(`no step made the key ${name}`);
    return key;
  }

  /**
   * The text of a step with what its names stand for: `$NAMESPACE`, `$EVENT` and `$OTHER_EVENT` for an event of the first
   * and the second namespace, `$KEY(name)` for the id of a key. @throws Error
   */
  resolve(text: string, step: { in?: 'other' }): string {
    return text
      .replaceAll('$NAMESPACE', this.namespaceOf(step))
      .replaceAll('$EVENT', () => this.#someEvent(this.namespace))
      .replaceAll('$OTHER_EVENT', () => this.#someEvent(this.other))
      .replaceAll(/\$KEY\((\w+)\)/g, (_, name: string) => this.key(name).id);
  }

  #someEvent(namespace: string): string {
    const [event] = [...this.answeredIn(namespace).values()].filter((id) => id !== null);
    if (event === undefined) throw new Error(`nothing was answered in ${namespace} yet`);
    return event;
  }

  /** An id for the next request. */
  nextId(): string {
    this.#requests += 1;
    return `ask-${this.#requests}`;
  }

  /** Makes the namespaces, and the client's pod in the first. */
  async prepare(needsOther: boolean): Promise<void> {
    const items = [
      ...namespaceObjects(this.namespace),
      ...(needsOther ? namespaceObjects(this.other) : []),
      ...clientPod(this.namespace, await this.images.get('KT_CLIENT_IMAGE')),
    ];
    await kubectl(['apply', '-f', '-'], { input: { apiVersion: 'v1', kind: 'List', items } });
    await this.until('the client answers', async () => (await this.tell('/upstream/received', {})) === 0);
  }

  /** Namespaces go when their pods have, which takes a while; an operator that is put back finds nothing in them. */
  async remove(): Promise<void> {
    for (const namespace of [this.namespace, this.other])
      for (const path of [...outsideOf(namespace), `/api/v1/namespaces/${namespace}`])
        await this.cluster.send('DELETE', path);
    for (const repair of this.repairs) await repair();
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

  /** Pods of the gateway `default`, also those that end. */
  async everyPod(namespace: string): Promise<PodObject[]> {
    const selector = encodeURIComponent('app.kubernetes.io/instance=keeptrusts-default');
    const list = await this.cluster.must('GET', `${objectPath('pod', namespace)}?labelSelector=${selector}`);
    return list['items'] as PodObject[];
  }

  /** Those that take traffic. */
  async pods(namespace: string): Promise<PodObject[]> {
    return (await this.everyPod(namespace)).filter(
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
