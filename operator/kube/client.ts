import { isRecord } from '../runtime/json.ts';
import {
  type KubeObject,
  type Manifest,
  ObjectError,
  type ObjectRef,
  refKey,
  refOf,
} from '../runtime/objects.ts';
import { type CallDeps, type CallOptions, Calls } from './calls.ts';
import type { Kube } from './config.ts';
import { decodeObject, Malformed } from './decode.ts';
import { KubeError, noAnswer } from './errors.ts';
import { pathOf, resourceOf, type WatchedResource } from './resources.ts';
import { readEvents, type WatchEvent } from './watch-events.ts';

/** Owner of the fields that the operator sets, and of the statuses that it writes. Never changes: fields would be orphaned. */
const FIELD_MANAGER = 'keeptrusts-operator';
const STATUS_MANAGER = 'keeptrusts-operator-status';

/** Objects of one page; what client-go asks for. */
const PAGE = 500;

/** Milliseconds for a page of a list. */
const PAGE_MS = 30_000;

const JSON_BODY = { 'content-type': 'application/json' };
// JSON is YAML. The exact media type matters: another one is another kind of patch (client issues #1398, #2160).
const APPLY_BODY = { 'content-type': 'application/apply-patch+yaml' };
const MERGE_BODY = { 'content-type': 'application/merge-patch+json' };

export interface ObjectList {
  objects: KubeObject[];
  /** What a watch of everything that came later begins from. */
  resourceVersion: string;
}

/**
 * The API server's verbs for the kinds that the operator knows, over untyped JSON: the library's typed calls drop
 * every field that they do not know. Every method throws `KubeError`, or the reason of a signal that was given.
 */
export class KubeClient {
  readonly #calls: Calls;

  constructor(kube: Pick<Kube, 'send' | 'renew'>, deps: CallDeps) {
    this.#calls = new Calls(kube, deps);
  }

  /** The object as it is now; undefined when there is none. */
  async get(ref: ObjectRef, options: CallOptions = {}): Promise<KubeObject | undefined> {
    const resource = resourceOf(ref.kind);
    const path = pathOf(resource, ref.namespace, ref.name);
    const call = { verb: 'get', method: 'GET', path, idempotent: true, ...subjectOf(ref) } as const;
    try {
      return decodeObject(await this.#calls.send(call, options), resource);
    } catch (error) {
      if (error instanceof KubeError && error.reason === 'NotFound') return undefined;
      throw error;
    }
  }

  /** All objects of a kind, in one namespace or everywhere, page by page. */
  async list(
    resource: WatchedResource,
    namespace: string | undefined,
    options: CallOptions = {},
  ): Promise<ObjectList> {
    try {
      return await this.#listPaged(resource, namespace, PAGE, options);
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (error.reason === 'NotFound') throw unknownKind(error, resource);
      if (!error.isGone) throw error;
      // The pages were compacted away under us. In one piece they cannot be.
      return this.#listPaged(resource, namespace, undefined, options);
    }
  }

  /** Everything after `resourceVersion`, until the server ends it or the signal does. */
  async *watch(
    resource: WatchedResource,
    namespace: string | undefined,
    from: { resourceVersion: string; timeoutSeconds: number },
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent> {
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: from.resourceVersion,
      timeoutSeconds: String(from.timeoutSeconds),
    };
    const path = withQuery(pathOf(resource, namespace), { ...query, ...selectorOf(resource) });
    const { kind } = resource;
    const call = { verb: 'watch', method: 'GET', path, idempotent: true, kind, subject: kind } as const;
    const body = await this.#calls.open(call, signal);
    try {
      yield* readEvents(body, resource);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof ObjectError ? error : noAnswer(error, `watch ${kind}`);
    }
  }

  /** Server-side apply of everything but the status; a field left out is given up. Changes nothing: no new version. */
  apply(manifest: Manifest, options: CallOptions = {}): Promise<KubeObject> {
    const { status: _, ...intent } = manifest;
    return this.#apply(intent, '', FIELD_MANAGER, options);
  }

  /**
   * Server-side apply of the status alone. For the status of our kinds the server does not look at a uid (kube-apiserver
   * 1.36), so a status that came too late is told of when it has been written: the caller judges the object anew.
   */
  async applyStatus(manifest: Manifest, options: CallOptions = {}): Promise<KubeObject> {
    const { apiVersion, kind, metadata, status } = manifest;
    const { name, namespace, uid } = metadata;
    const whose = uid === undefined ? { name, namespace } : { name, namespace, uid };
    const intent = { apiVersion, kind, metadata: whose, status };
    const written = await this.#apply(intent, '/status', STATUS_MANAGER, options);
    if (uid === undefined || written.metadata.uid === uid) return written;
    throw new KubeError(
      409,
      'Conflict',
      `${refKey(refOf(manifest))} is another object by now: it has another uid`,
    );
  }

  /** No error when the object is gone already. @throws KubeError `Conflict` when another object has the name */
  async delete(ref: ObjectRef, uid: string, options: CallOptions = {}): Promise<void> {
    const path = pathOf(resourceOf(ref.kind), ref.namespace, ref.name);
    // What it owns goes too, later.
    const body = JSON.stringify({ preconditions: { uid }, propagationPolicy: 'Background' });
    const common = { verb: 'delete', method: 'DELETE', idempotent: true, headers: JSON_BODY } as const;
    try {
      await this.#calls.send({ ...common, path, body, ...subjectOf(ref) }, options);
    } catch (error) {
      if (!(error instanceof KubeError) || error.reason !== 'NotFound') throw error;
    }
  }

  /** @throws KubeError `Conflict` when it exists */
  create(manifest: Manifest, options: CallOptions = {}): Promise<KubeObject> {
    return this.#write(
      'create',
      'POST',
      manifest,
      pathOf(resourceOf(manifest.kind), manifest.metadata.namespace),
      options,
    );
  }

  /**
   * Writes the whole object over the version that it was read at.
   * @throws KubeError `Conflict` when someone wrote it since
   */
  replace(object: KubeObject, options: CallOptions = {}): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    return this.#write('update', 'PUT', object, pathOf(resourceOf(object.kind), namespace, name), options);
  }

  /** Merges members into an object; `null` removes one. */
  async patch(ref: ObjectRef, changes: object, options: CallOptions = {}): Promise<KubeObject> {
    const resource = resourceOf(ref.kind);
    const path = withQuery(pathOf(resource, ref.namespace, ref.name), { fieldManager: FIELD_MANAGER });
    const common = { verb: 'patch', method: 'PATCH', idempotent: true, headers: MERGE_BODY } as const;
    const call = { ...common, path, body: JSON.stringify(changes), ...subjectOf(ref) };
    return decodeObject(await this.#calls.send(call, options), resource);
  }

  async #apply(intent: Manifest, subresource: '' | '/status', fieldManager: string, options: CallOptions) {
    const ref = refOf(intent);
    const resource = resourceOf(ref.kind);
    const path = withQuery(`${pathOf(resource, ref.namespace, ref.name)}${subresource}`, {
      fieldManager,
      force: 'true',
      // Otherwise a field that the server does not know is dropped without a word.
      fieldValidation: 'Strict',
    });
    const verb = subresource === '' ? 'apply' : 'apply_status';
    const common = { verb, method: 'PATCH', idempotent: true, headers: APPLY_BODY } as const;
    const call = { ...common, path, body: JSON.stringify(intent), ...subjectOf(ref) };
    return decodeObject(await this.#calls.send(call, options), resource);
  }

  async #write(
    verb: 'create' | 'update',
    method: 'POST' | 'PUT',
    object: Manifest,
    plainPath: string,
    options: CallOptions,
  ): Promise<KubeObject> {
    const path = withQuery(plainPath, { fieldManager: FIELD_MANAGER, fieldValidation: 'Strict' });
    const common = { verb, method, idempotent: false, headers: JSON_BODY } as const;
    const call = { ...common, path, body: JSON.stringify(object), ...subjectOf(refOf(object)) };
    return decodeObject(await this.#calls.send(call, options), resourceOf(object.kind));
  }

  async #listPaged(
    resource: WatchedResource,
    namespace: string | undefined,
    limit: number | undefined,
    { signal, timeoutMs = PAGE_MS }: CallOptions,
  ): Promise<ObjectList> {
    const objects: KubeObject[] = [];
    const { kind } = resource;
    const common = { verb: 'list', method: 'GET', idempotent: true, kind, subject: kind } as const;
    const pages = limit === undefined ? {} : { limit: String(limit) };
    const options = signal === undefined ? { timeoutMs } : { signal, timeoutMs };
    for (let next = ''; ; ) {
      const query = { ...pages, ...selectorOf(resource), ...(next === '' ? {} : { continue: next }) };
      const page = await this.#calls.send(
        { ...common, path: withQuery(pathOf(resource, namespace), query) },
        options,
      );
      const { items, resourceVersion, more } = readPage(page, kind);
      for (const item of items) objects.push(decodeObject(item, resource));
      if (more === '') return { objects, resourceVersion };
      next = more;
    }
  }
}

function readPage(page: unknown, kind: string): { items: unknown[]; resourceVersion: string; more: string } {
  const metadata = isRecord(page) && isRecord(page['metadata']) ? page['metadata'] : {};
  const { resourceVersion, continue: more } = metadata;
  // Go writes an empty list as null.
  const items = isRecord(page) ? (page['items'] ?? []) : undefined;
  if (!Array.isArray(items) || typeof resourceVersion !== 'string' || resourceVersion === '') {
    throw new Malformed(`a list of ${kind} without items or resourceVersion`);
  }
  return { items, resourceVersion, more: typeof more === 'string' ? more : '' };
}

/** A list of nothing is empty, so only the kind can be missing. */
function unknownKind({ status, kubeReason }: KubeError, { kind, apiVersion }: WatchedResource): KubeError {
  const remedy = `apply its definition with 'kubectl apply -k crds'`;
  return new KubeError(status, kubeReason, `the API server has no kind ${kind} of ${apiVersion}: ${remedy}`);
}

function selectorOf({ labelSelector }: WatchedResource): Record<string, string> {
  return labelSelector === undefined ? {} : { labelSelector };
}

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams(query)}`;
}

function subjectOf(ref: ObjectRef): { kind: string; subject: string } {
  return { kind: ref.kind, subject: refKey(ref) };
}
