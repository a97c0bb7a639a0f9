import { sameJson } from '../runtime/json.ts';
import {
  type ChangeListener,
  type KubeObject,
  type Manifest,
  type ObjectCache,
  type ObjectClient,
  ObjectError,
  type ObjectRef,
  refKey,
  refOf,
} from '../runtime/objects.ts';

const KIND = 'Deployment';

interface Laid {
  uid: string;
  status: unknown;
  /** The object that the status was last laid over, with the result: who asks twice gets the same. */
  base?: KubeObject;
  merged?: KubeObject;
}

/**
 * The objects of a cluster whose Deployments run on this machine. Their status is what runs here, and is kept in
 * memory: the cluster's own controller writes another one, about pods that it does not make while a Deployment is
 * paused.
 */
export class DeploymentOverlay implements ObjectClient {
  readonly cache: ObjectCache;
  /**
   * What the node sees: Deployments only as this process applied them. Who may write Deployments in the cluster must
   * not thereby choose what is run on this machine, not even until it is put back.
   */
  readonly node: ObjectClient;
  readonly #inner: ObjectClient;
  readonly #laid = new Map<string, Laid>();
  readonly #applied = new Map<string, KubeObject>();
  readonly #listeners: ChangeListener[] = [];
  readonly #nodeListeners: ChangeListener[] = [];

  constructor(inner: ObjectClient) {
    this.#inner = inner;
    this.cache = {
      get: (ref) => this.#over(inner.cache.get(ref)),
      list: (kind, namespace) => {
        const objects = inner.cache.list(kind, namespace);
        return kind === KIND ? objects.map((object) => this.#over(object)!) : objects;
      },
      onChange: (listener) => void this.#listeners.push(listener),
    };
    this.node = {
      cache: {
        get: (ref) => (ref.kind === KIND ? this.#over(this.#applied.get(refKey(ref))) : inner.cache.get(ref)),
        list: (kind, namespace) =>
          kind === KIND ? this.#appliedIn(namespace) : inner.cache.list(kind, namespace),
        onChange: (listener) => void this.#nodeListeners.push(listener),
      },
      read: (ref) => this.read(ref),
      apply: (manifest) => this.apply(manifest),
      applyStatus: (manifest) => this.applyStatus(manifest),
      delete: (ref, uid) => this.delete(ref, uid),
    };
    inner.cache.onChange((ref, object, previous) => this.#noticed(ref, object, previous));
  }

  async read(ref: ObjectRef): Promise<KubeObject | undefined> {
    return this.#over(await this.#inner.read(ref));
  }

  async apply(manifest: Manifest): Promise<KubeObject> {
    const object = await this.#inner.apply(manifest);
    if (object.kind !== KIND) return object;
    const key = refKey(refOf(object));
    const before = this.#applied.get(key);
    this.#applied.set(key, object);
    tell(this.#nodeListeners, refOf(object), this.#over(object), this.#over(before));
    return this.#over(object)!;
  }

  async applyStatus(manifest: Manifest): Promise<KubeObject> {
    if (manifest.kind !== KIND) return this.#inner.applyStatus(manifest);
    const ref = refOf(manifest);
    const applied = this.#applied.get(refKey(ref));
    if (applied === undefined) throw new ObjectError('NotFound', `${refKey(ref)} does not exist`);
    const shown = this.cache.get(ref);
    if (sameJson(this.#over(applied)!.status, manifest.status)) return this.#over(applied)!;
    this.#laid.set(refKey(ref), { uid: applied.metadata.uid, status: manifest.status });
    // A cache that has not heard of the object yet will tell of it with this status.
    if (shown !== undefined) tell(this.#listeners, ref, this.cache.get(ref), shown);
    return this.#over(applied)!;
  }

  delete(ref: ObjectRef, uid: string): Promise<void> {
    return this.#inner.delete(ref, uid);
  }

  #noticed(ref: ObjectRef, object: KubeObject | undefined, previous: KubeObject | undefined): void {
    if (ref.kind !== KIND) {
      tell(this.#listeners, ref, object, previous);
      tell(this.#nodeListeners, ref, object, previous);
      return;
    }
    const before = this.#over(previous);
    const key = refKey(ref);
    const applied = this.#applied.get(key);
    const gone = previous !== undefined && previous.metadata.uid !== object?.metadata.uid;
    if (gone && applied?.metadata.uid === previous.metadata.uid) {
      const last = this.#over(applied);
      this.#applied.delete(key);
      this.#laid.delete(key);
      tell(this.#nodeListeners, ref, undefined, last);
    }
    tell(this.#listeners, ref, this.#over(object), before);
  }

  #appliedIn(namespace: string | undefined): KubeObject[] {
    return [...this.#applied.values()]
      .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
      .map((object) => this.#over(object)!);
  }

  #over(object: KubeObject | undefined): KubeObject | undefined {
    if (object === undefined || object.kind !== KIND) return object;
    const laid = this.#laid.get(refKey(refOf(object)));
    if (laid === undefined || laid.uid !== object.metadata.uid) return withStatus(object, undefined);
    if (laid.base !== object) {
      laid.base = object;
      laid.merged = withStatus(object, laid.status);
    }
    return laid.merged;
  }
}

function tell(
  listeners: readonly ChangeListener[],
  ref: ObjectRef,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): void {
  for (const listener of listeners) listener(ref, object, previous);
}

function withStatus({ status: _, ...object }: KubeObject, status: unknown): KubeObject {
  return Object.freeze(status === undefined ? object : { ...object, status });
}
