import { sameJson } from '../runtime/json.ts';
import type { Log } from '../runtime/log.ts';
import {
  type ChangeListener,
  type KubeObject,
  type ObjectCache,
  type ObjectRef,
  refKey,
  refOf,
} from '../runtime/objects.ts';

/** The objects of one kind in one namespace. */
interface Shelf {
  objects: Map<string, KubeObject>;
  /** In order; forgotten when an object comes or goes. */
  names: readonly string[] | undefined;
  /** In order of names, made when it is asked for. */
  sorted: readonly KubeObject[] | undefined;
}

interface Shelves {
  namespaces: Map<string, Shelf>;
  sorted: readonly KubeObject[] | undefined;
}

/** What reflectors saw, by kind and namespace. Listeners hear of a change after it is stored, in the order of changes. */
export class KubeCache implements ObjectCache {
  readonly #kinds = new Map<string, Shelves>();
  readonly #listeners: ChangeListener[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  get({ kind, namespace, name }: ObjectRef): KubeObject | undefined {
    return this.#kinds.get(kind)?.namespaces.get(namespace)?.objects.get(name);
  }

  list(kind: string, namespace?: string): readonly KubeObject[] {
    const shelves = this.#kinds.get(kind);
    if (shelves === undefined) return [];
    if (namespace === undefined) {
      shelves.sorted ??= sorted(
        [...shelves.namespaces.values()].flatMap(({ objects }) => [...objects.values()]),
      );
      return shelves.sorted;
    }
    const shelf = shelves.namespaces.get(namespace);
    if (shelf === undefined) return [];
    shelf.names ??= [...shelf.objects.keys()].sort();
    shelf.sorted ??= Object.freeze(shelf.names.map((name) => shelf.objects.get(name)!));
    return shelf.sorted;
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  put(object: KubeObject): void {
    const ref = refOf(object);
    const previous = this.get(ref);
    if (previous !== undefined && sameVersion(object, previous)) return;
    const { shelves, shelf } = this.#shelf(ref);
    shelf.objects.set(ref.name, object);
    if (previous === undefined) shelf.names = undefined;
    shelf.sorted = undefined;
    shelves.sorted = undefined;
    if (previous === undefined || !sameContent(object, previous)) this.#tell(ref, object, previous);
  }

  remove(ref: ObjectRef): void {
    const previous = this.get(ref);
    if (previous === undefined) return;
    const { shelves, shelf } = this.#shelf(ref);
    shelf.objects.delete(ref.name);
    shelf.names = undefined;
    shelf.sorted = undefined;
    shelves.sorted = undefined;
    if (shelf.objects.size === 0) shelves.namespaces.delete(ref.namespace);
    this.#tell(ref, undefined, previous);
  }

  /** Everything of a kind, in one namespace or everywhere, is this now: what is not in it is gone. */
  replace(kind: string, namespace: string | undefined, objects: readonly KubeObject[]): void {
    const present = new Set(objects.map((object) => refKey(refOf(object))));
    const gone = this.list(kind, namespace).filter((object) => !present.has(refKey(refOf(object))));
    for (const object of objects) this.put(object);
    for (const object of gone) this.remove(refOf(object));
  }

  #shelf({ kind, namespace }: ObjectRef): { shelves: Shelves; shelf: Shelf } {
    let shelves = this.#kinds.get(kind);
    if (shelves === undefined) {
      shelves = { namespaces: new Map(), sorted: undefined };
      this.#kinds.set(kind, shelves);
    }
    let shelf = shelves.namespaces.get(namespace);
    if (shelf === undefined) {
      shelf = { objects: new Map(), names: undefined, sorted: undefined };
      shelves.namespaces.set(namespace, shelf);
    }
    return { shelves, shelf };
  }

  /** A listener that throws must not keep the others, or the watch, from going on. */
  #tell(ref: ObjectRef, object: KubeObject | undefined, previous: KubeObject | undefined): void {
    for (const listener of this.#listeners) {
      try {
        listener(ref, object, previous);
      } catch (error) {
        this.#log.error({ err: error, object: refKey(ref) }, 'a listener of the cache failed');
      }
    }
  }
}

function sameVersion({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  return a.uid === b.uid && a.resourceVersion === b.resourceVersion;
}

/** A write may change nothing but who owns a field, which is not kept. */
function sameContent(a: KubeObject, b: KubeObject): boolean {
  const metadata = { ...a.metadata, resourceVersion: b.metadata.resourceVersion };
  return sameJson({ ...a, metadata }, b);
}

function sorted(objects: KubeObject[]): readonly KubeObject[] {
  const keyed = objects.map((object) => ({
    key: `${object.metadata.namespace}/${object.metadata.name}`,
    object,
  }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
  return Object.freeze(keyed.map(({ object }) => object));
}
