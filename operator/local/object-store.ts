import { type Clock, timestamp } from '../runtime/clock.ts';
import { sameJson } from '../runtime/json.ts';
import type { Log } from '../runtime/log.ts';
import {
  type KubeObject,
  type Manifest,
  type ObjectClient,
  ObjectError,
  type ObjectRef,
  refKey,
  refOf,
} from '../runtime/objects.ts';
import type { Durability } from './files.ts';
import { LocalCache } from './object-cache.ts';
import { ObjectFiles } from './object-files.ts';

/** Returns the manifest with the schema's defaults filled in. @throws ObjectError `Invalid` with what is wrong */
export type Admission = (manifest: Manifest, previous: KubeObject | undefined) => Manifest;

export interface ObjectStoreOptions {
  /** Folder that the objects are kept in. */
  dir: string;
}

export interface ObjectStoreDeps {
  clock: Pick<Clock, 'now'>;
  uid: () => string;
  log: Log;
  admit: Admission;
}

/** What a ConfigMap may hold at most in a cluster; the same limit here, so that a folder that works also works there. */
const MAX_OBJECT_BYTES = 1_048_576;

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * The local stand-in for an API server: whole-object apply, uids, resourceVersions, generations, owner references
 * with garbage collection, a status subresource. Every change is on disk before anyone hears of it, and a restart
 * keeps uids and generations.
 */
export class ObjectStore implements ObjectClient {
  readonly cache = new LocalCache();
  readonly #files: ObjectFiles;
  readonly #deps: ObjectStoreDeps;

  constructor(options: ObjectStoreOptions, deps: ObjectStoreDeps) {
    this.#deps = deps;
    this.#files = new ObjectFiles(options.dir);
  }

  /** Reads what is on disk; listeners that were added before hear of each object. */
  load(): void {
    const loaded = this.#files.load((file, err) => {
      this.#deps.log.error({ file, err }, 'a stored object could not be read and was set aside');
    });
    for (const object of loaded) this.cache.put(object);
    this.#collectGarbage();
  }

  /** The cache is never behind. */
  async read(ref: ObjectRef): Promise<KubeObject | undefined> {
    return this.cache.get(ref);
  }

  // `async`, so that what goes wrong is a rejection, as it is with a real API server.
  async apply(manifest: Manifest): Promise<KubeObject> {
    checkName(manifest.metadata.name, 'metadata.name');
    checkName(manifest.metadata.namespace, 'metadata.namespace');
    const previous = this.cache.get(refOf(manifest));
    if (previous !== undefined) checkUid(manifest, previous);
    const { metadata, status: _, ...content } = this.#deps.admit(manifest, previous);
    const kept = previous?.status === undefined ? {} : { status: previous.status };
    const changed = previous === undefined || !sameJson(content, contentOf(previous));
    const object: KubeObject = {
      ...content,
      metadata: {
        name: metadata.name,
        namespace: metadata.namespace,
        uid: previous?.metadata.uid ?? this.#deps.uid(),
        resourceVersion: previous?.metadata.resourceVersion ?? '',
        generation: previous === undefined ? 1 : previous.metadata.generation + (changed ? 1 : 0),
        creationTimestamp: previous?.metadata.creationTimestamp ?? timestamp(this.#deps.clock),
        ...nonEmpty('labels', metadata.labels),
        ...nonEmpty('annotations', metadata.annotations),
        ...nonEmpty('ownerReferences', metadata.ownerReferences),
      },
      ...kept,
    };
    return this.#store(object, previous, 'change');
  }

  async applyStatus(manifest: Manifest): Promise<KubeObject> {
    const previous = this.cache.get(refOf(manifest));
    if (previous === undefined)
      throw new ObjectError('NotFound', `${refKey(refOf(manifest))} does not exist`);
    checkUid(manifest, previous);
    return this.#store({ ...previous, status: manifest.status }, previous, 'content');
  }

  async delete(ref: ObjectRef, uid: string): Promise<void> {
    const object = this.cache.get(ref);
    if (object === undefined) return;
    if (object.metadata.uid !== uid) throw anotherObject(ref);
    this.#remove(object);
    this.#collectGarbage();
  }

  #store(wanted: KubeObject, previous: KubeObject | undefined, durability: Durability): KubeObject {
    if (previous !== undefined && sameJson(wanted, previous)) return previous;
    const resourceVersion = this.#files.nextVersion();
    // Own copy: the caller may go on changing what it handed in.
    const object = structuredClone({ ...wanted, metadata: { ...wanted.metadata, resourceVersion } });
    const size = JSON.stringify(object).length;
    if (size > MAX_OBJECT_BYTES) {
      throw new ObjectError('TooLarge', `${refKey(refOf(object))} has ${size} bytes, the limit is 1 MiB`);
    }
    this.#files.write(object, durability);
    this.cache.put(object);
    return object;
  }

  #remove(object: KubeObject): void {
    const ref = refOf(object);
    this.#files.remove(ref);
    this.cache.remove(ref);
  }

  /** Deletes what has owners of which none exists any more, until nothing is left to delete. */
  #collectGarbage(): void {
    for (;;) {
      const uids = new Set([...this.cache.all()].map((object) => object.metadata.uid));
      const orphans = [...this.cache.all()].filter(({ metadata: { ownerReferences } }) => {
        return ownerReferences !== undefined && !ownerReferences.some((owner) => uids.has(owner.uid));
      });
      if (orphans.length === 0) return;
      for (const orphan of orphans) this.#remove(orphan);
    }
  }
}

function checkUid({ kind, metadata }: Manifest, stored: KubeObject): void {
  if (metadata.uid === undefined || metadata.uid === stored.metadata.uid) return;
  throw anotherObject({ kind, ...metadata });
}

function anotherObject(ref: ObjectRef): ObjectError {
  return new ObjectError('Conflict', `${refKey(ref)} is another object by now: it has another uid`);
}

function contentOf(object: KubeObject): object {
  const { metadata: _m, status: _s, ...content } = object;
  return content;
}

function nonEmpty<K extends string, V extends object>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined || Object.keys(value).length === 0 ? {} : ({ [key]: value } as Record<K, V>);
}

/** Names become file names here, so what the API server refuses must be refused. */
function checkName(name: string, path: string): void {
  if (NAME.test(name) && !name.includes('..')) return;
  throw new ObjectError(
    'Invalid',
    `${path}: ${JSON.stringify(name)} is not a valid name: use lower-case letters, digits, '-' and '.'`,
  );
}
