import { LocalCache } from '../../operator/local/object-cache.ts';
import type { ObjectStore } from '../../operator/local/object-store.ts';
import {
  type KubeObject,
  type Manifest,
  type ObjectClient,
  type ObjectRef,
  refOf,
} from '../../operator/runtime/objects.ts';

/** A store whose cache shows what it held when `catchUp` was last called, as the cache of an API server does. */
export class LaggingClient implements ObjectClient {
  readonly cache = new LocalCache();
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  catchUp(): void {
    const held = [...this.#store.cache.all()];
    for (const object of held) this.show(object);
    for (const object of [...this.cache.all()]) {
      if (this.#store.cache.get(refOf(object)) === undefined) this.cache.remove(refOf(object));
    }
  }

  /** Lets the cache hear of one object. */
  show(object: KubeObject): void {
    const known = this.cache.get(refOf(object));
    if (known?.metadata.resourceVersion !== object.metadata.resourceVersion)
      this.cache.put(structuredClone(object));
  }

  read(ref: ObjectRef): Promise<KubeObject | undefined> {
    return this.#store.read(ref);
  }

  apply(manifest: Manifest): Promise<KubeObject> {
    return this.#store.apply(manifest);
  }

  applyStatus(manifest: Manifest): Promise<KubeObject> {
    return this.#store.applyStatus(manifest);
  }

  delete(ref: ObjectRef, uid: string): Promise<void> {
    return this.#store.delete(ref, uid);
  }
}
