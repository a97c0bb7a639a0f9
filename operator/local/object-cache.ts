import { deepFreeze } from '../runtime/json.ts';
import {
  type ChangeListener,
  type KubeObject,
  type ObjectCache,
  type ObjectRef,
  refKey,
  refOf,
} from '../runtime/objects.ts';

/** Objects in memory. Listeners hear of a change after it is stored, in the order of changes. */
export class LocalCache implements ObjectCache {
  readonly #objects = new Map<string, KubeObject>();
  readonly #listeners: ChangeListener[] = [];

  get(ref: ObjectRef): KubeObject | undefined {
    return this.#objects.get(refKey(ref));
  }

  list(kind: string, namespace?: string): readonly KubeObject[] {
    return [...this.#objects.values()]
      .filter((object) => object.kind === kind)
      .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
      .sort((a, b) => (refKey(refOf(a)) < refKey(refOf(b)) ? -1 : 1));
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  all(): Iterable<KubeObject> {
    return this.#objects.values();
  }

  put(object: KubeObject): void {
    const ref = refOf(object);
    const previous = this.get(ref);
    this.#objects.set(refKey(ref), deepFreeze(object));
    for (const listener of this.#listeners) listener(ref, object, previous);
  }

  remove(ref: ObjectRef): void {
    const previous = this.get(ref);
    if (previous === undefined) return;
    this.#objects.delete(refKey(ref));
    for (const listener of this.#listeners) listener(ref, undefined, previous);
  }
}
