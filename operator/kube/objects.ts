import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import {
  type KubeObject,
  type Manifest,
  type ObjectCache,
  type ObjectClient,
  ObjectError,
  type ObjectRef,
  type PodAnnotator,
  refOf,
} from '../runtime/objects.ts';
import { orAborted } from '../runtime/signals.ts';
import type { KubeClient } from './client.ts';
import type { KubeMetrics } from './metrics.ts';
import { Reflector } from './reflector.ts';
import { WATCHED, type WatchedResource } from './resources.ts';
import { KubeCache } from './store.ts';
import { withoutSurplus } from './surplus.ts';

export interface KubeObjectsOptions {
  /** Which namespaces are watched; all without it. */
  namespaces?: readonly string[];
  /** What is watched. */
  kinds?: readonly WatchedResource[];
}

export interface KubeObjectsDeps {
  clock: Clock;
  random: () => number;
  log: Log;
  metrics: KubeMetrics;
}

/** How well one cache follows the API server. */
export interface CacheHealth {
  kind: string;
  /** Undefined where one watch covers all namespaces. */
  namespace: string | undefined;
  /** It has held everything once. */
  synced: boolean;
  /** Seconds since the last list, event or bookmark. */
  lastEventAge: number;
  /** The last failure, while nothing has gone well since. */
  error: string | null;
}

/**
 * The objects of an API server: reads from caches that watches keep, writes by server-side apply. What an apply
 * returns does not go into the cache: whether it is newer than what the watch brought cannot be told, since
 * resourceVersions are opaque, and a cache that moves back would undo what was seen.
 */
export class KubeObjects implements ObjectClient, PodAnnotator {
  readonly #client: KubeClient;
  readonly #cache: KubeCache;
  readonly #metrics: KubeMetrics;
  readonly #kinds: readonly WatchedResource[];
  readonly #reflectors: readonly {
    resource: WatchedResource;
    namespace: string | undefined;
    reflector: Reflector;
  }[];

  constructor(
    client: KubeClient,
    { namespaces, kinds = WATCHED }: KubeObjectsOptions,
    deps: KubeObjectsDeps,
  ) {
    this.#client = client;
    this.#kinds = kinds;
    this.#cache = new KubeCache(deps.log);
    this.#metrics = deps.metrics;
    const scopes = namespaces === undefined ? [undefined] : [...new Set(namespaces)];
    this.#reflectors = kinds.flatMap((resource) =>
      scopes.map((namespace) => ({
        resource,
        namespace,
        reflector: this.#reflector(resource, namespace, deps),
      })),
    );
  }

  get cache(): ObjectCache {
    return this.#cache;
  }

  /** Resolves when every cache has been filled. @throws the signal's reason */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    for (const { kind } of this.#kinds) this.#metrics.synced(kind, false);
    for (const { reflector } of this.#reflectors) reflector.start();
    await orAborted(Promise.all(this.#kinds.map(({ kind }) => this.#kindSynced(kind))), signal);
  }

  /** Ends the watches; the cache stays as it is. */
  async stop(): Promise<void> {
    await Promise.all(this.#reflectors.map(({ reflector }) => reflector.stop()));
  }

  /** Begins silent watches anew: connections to the server were found dead. */
  doubt(): void {
    for (const { reflector } of this.#reflectors) reflector.doubt();
  }

  health(): CacheHealth[] {
    return this.#reflectors.map(({ resource, namespace, reflector }) => ({
      kind: resource.kind,
      namespace,
      ...reflector.health(),
    }));
  }

  read(ref: ObjectRef): Promise<KubeObject | undefined> {
    return this.#client.get(ref);
  }

  /**
   * Takes out, too, what others added to the pods of a Deployment. An admission rule that puts it in again is obeyed:
   * what it left is what is returned.
   */
  async apply(manifest: Manifest): Promise<KubeObject> {
    let applied: KubeObject;
    try {
      applied = await this.#client.apply(manifest);
    } catch (error) {
      // The server, or an admission rule, may refuse the whole for what others added or put in the place of ours.
      const live = isRefusal(error) ? await this.read(refOf(manifest)) : undefined;
      if (live === undefined || live.metadata.uid !== manifest.metadata.uid) throw error;
      const isInvalid = error instanceof ObjectError && error.reason === 'Invalid';
      // What keeps that from being done says less than the refusal.
      const cleared = await this.#trim(live, manifest, isInvalid).catch(() => null);
      if (cleared === null) throw error;
      applied = await this.#client.apply(manifest);
    }
    return (await this.#trim(applied, manifest)) ?? applied;
  }

  /** Null where there is nothing to be taken out. */
  async #trim(live: KubeObject, manifest: Manifest, invalid = false): Promise<KubeObject | null> {
    const changes = withoutSurplus(live, manifest, invalid);
    if (changes === null) return null;
    // Held to what was looked at: a list is replaced as a whole.
    const { uid, resourceVersion } = live.metadata;
    return this.#client.patch(refOf(manifest), { metadata: { uid, resourceVersion }, ...changes });
  }

  applyStatus(manifest: Manifest): Promise<KubeObject> {
    return this.#client.applyStatus(manifest);
  }

  delete(ref: ObjectRef, uid: string): Promise<void> {
    return this.#client.delete(ref, uid);
  }

  async annotate(
    { namespace, name, uid }: Parameters<PodAnnotator['annotate']>[0],
    annotations: Readonly<Record<string, string>>,
  ): Promise<void> {
    const ref = { kind: 'Pod', namespace, name };
    // Held to its uid: another pod that took the name is another matter.
    await this.#client.patch(ref, { metadata: { uid, annotations } });
  }

  async #kindSynced(kind: string): Promise<void> {
    const all = this.#reflectors.filter(({ resource }) => resource.kind === kind);
    await Promise.all(all.map(({ reflector }) => reflector.synced));
    this.#metrics.synced(kind, true);
  }

  #reflector(resource: WatchedResource, namespace: string | undefined, deps: KubeObjectsDeps): Reflector {
    const { kind } = resource;
    const scope = namespace === undefined ? { kind } : { kind, namespace };
    return new Reflector(
      {
        list: (signal) => this.#client.list(resource, namespace, { signal }),
        watch: (from, signal) => this.#client.watch(resource, namespace, from, signal),
      },
      {
        replace: (objects) => this.#cache.replace(kind, namespace, objects),
        put: (object) => this.#cache.put(object),
        remove: (ref) => this.#cache.remove(ref),
      },
      {
        clock: deps.clock,
        random: deps.random,
        log: deps.log.child(scope),
        metrics: deps.metrics,
        kind,
      },
    );
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof ObjectError && (error.reason === 'Invalid' || error.reason === 'Forbidden');
}
