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
  /** Keys in order, by kind and namespace; forgotten when an object of the kind comes or goes. */
  readonly #sorted = new Map<string, Map<string | undefined, readonly string[]>>();
  readonly #listeners: ChangeListener[] = [];

  get(ref: ObjectRef): KubeObject | undefined {
    return this.#objects.get(refKey(ref));
  }

  list(kind: string, namespace?: string): readonly KubeObject[] {
    return this.#keys(kind, namespace).map((key) => this.#objects.get(key)!);
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
    if (previous === undefined) this.#sorted.delete(ref.kind);
    this.#objects.set(refKey(ref), deepFreeze(object));
    for (const listener of this.#listeners) listener(ref, object, previous);
  }

  remove(ref: ObjectRef): void {
    const previous = this.get(ref);
    if (previous === undefined) return;
    this.#sorted.delete(ref.kind);
    this.#objects.delete(refKey(ref));
    for (const listener of this.#listeners) listener(ref, undefined, previous);
  }

  #keys(kind: string, namespace: string | undefined): readonly string[] {
    const ofKind = this.#sorted.get(kind) ?? new Map<string | undefined, readonly string[]>();
    this.#sorted.set(kind, ofKind);
    const known = ofKind.get(namespace);
    if (known !== undefined) return known;
    const prefix = namespace === undefined ? `${kind}/` : `${kind}/${namespace}/`;
    const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    ofKind.set(namespace, keys);
    return keys;
  }
}
