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

interface Known {
  uid: string;
  status: unknown;
  /** The object that the status was last laid over, with the result: who asks twice gets the same. */
  base?: KubeObject;
  merged?: KubeObject;
}

/**
 * The objects of a cluster, but for the status of Deployments: that is what runs on this machine, and is kept in
 * memory. The cluster's own controller writes another one, about pods that it does not make while a Deployment is
 * paused.
 */
export class DeploymentOverlay implements ObjectClient {
  readonly cache: ObjectCache;
  readonly #inner: ObjectClient;
  readonly #known = new Map<string, Known>();
  readonly #listeners: ChangeListener[] = [];

  constructor(inner: ObjectClient) {
    this.#inner = inner;
    this.cache = {
      get: (ref) => this.#laid(inner.cache.get(ref)),
      list: (kind, namespace) => {
        const objects = inner.cache.list(kind, namespace);
        return kind === KIND ? objects.map((object) => this.#laid(object)!) : objects;
      },
      onChange: (listener) => void this.#listeners.push(listener),
    };
    inner.cache.onChange((ref, object, previous) => {
      const before = this.#laid(previous);
      if (ref.kind === KIND && object?.metadata.uid !== previous?.metadata.uid)
        this.#known.delete(refKey(ref));
      this.#tell(ref, this.#laid(object), before);
    });
  }

  async read(ref: ObjectRef): Promise<KubeObject | undefined> {
    return this.#laid(await this.#inner.read(ref));
  }

  async apply(manifest: Manifest): Promise<KubeObject> {
    return this.#laid(await this.#inner.apply(manifest))!;
  }

  async applyStatus(manifest: Manifest): Promise<KubeObject> {
    if (manifest.kind !== KIND) return this.#inner.applyStatus(manifest);
    const ref = refOf(manifest);
    const object = this.#inner.cache.get(ref);
    if (object === undefined) throw new ObjectError('NotFound', `${refKey(ref)} does not exist`);
    const before = this.#laid(object)!;
    if (sameJson(before.status, manifest.status)) return before;
    this.#known.set(refKey(ref), { uid: object.metadata.uid, status: manifest.status });
    const after = this.#laid(object)!;
    this.#tell(ref, after, before);
    return after;
  }

  delete(ref: ObjectRef, uid: string): Promise<void> {
    return this.#inner.delete(ref, uid);
  }

  #laid(object: KubeObject | undefined): KubeObject | undefined {
    if (object === undefined || object.kind !== KIND) return object;
    const known = this.#known.get(refKey(refOf(object)));
    if (known === undefined || known.uid !== object.metadata.uid) return withStatus(object, undefined);
    if (known.base !== object) {
      known.base = object;
      known.merged = withStatus(object, known.status);
    }
    return known.merged;
  }

  #tell(ref: ObjectRef, object: KubeObject | undefined, previous: KubeObject | undefined): void {
    for (const listener of this.#listeners) listener(ref, object, previous);
  }
}

function withStatus({ status: _, ...object }: KubeObject, status: unknown): KubeObject {
  return Object.freeze(status === undefined ? object : { ...object, status });
}
