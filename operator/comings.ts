import { gatewayNames } from './controllers/gather.ts';
import { missingIn } from './lack.ts';
import { childName, gatewayOf } from './render/names.ts';
import type { KubeObject, ObjectCache, ObjectRef } from './runtime/objects.ts';

interface ComingsDeps {
  cache: ObjectCache;
  /** Base URL of a gateway for applications; null while it has none. */
  address(namespace: string, gateway: string): string | null;
  report(line: string): void;
}

interface DeploymentStatus {
  replicas?: number;
  readyReplicas?: number;
}

/** Tells people when a gateway stops because the objects no longer ask for it, when it serves again, and of new ones. */
export class Comings {
  readonly #deps: ComingsDeps;
  readonly #stopped = new Set<string>();
  /** Those whose Deployment went while they were asked for: it is made again, or they are on the way out as well. */
  readonly #missing = new Map<string, ObjectRef>();
  /** Those that people have been told of; null before they were told of any. */
  #told: Set<string> | null = null;

  constructor(deps: ComingsDeps) {
    this.#deps = deps;
    deps.cache.onChange((ref, object, previous) => this.#noticed(ref, object, previous));
  }

  /** From now on a gateway that serves for the first time is told: those that do so now have been. */
  tellNew(): void {
    this.#told = new Set(
      this.#deps.cache
        .list('Deployment')
        .filter(serves)
        .map(({ metadata: { namespace, name } }) => `${namespace}/${gatewayOf(name)}`),
    );
  }

  #noticed(ref: ObjectRef, object: KubeObject | undefined, previous: KubeObject | undefined): void {
    if (ref.kind !== 'Deployment') {
      if (object === undefined) this.#reviewMissing(ref.namespace);
      return;
    }
    const { namespace, name } = ref;
    const gateway = gatewayOf(name);
    if (childName(gateway) !== name) return;
    const key = `${namespace}/${gateway}`;
    if (object === undefined) {
      if (previous === undefined) return;
      this.#told?.delete(key);
      // A namespace that is deleted loses its objects in any order, and nothing is made in it again.
      if (gatewayNames(this.#deps.cache, namespace).includes(gateway)) this.#missing.set(key, ref);
      else this.#tellStopped(key, whyGone(this.#deps.cache, namespace));
      return;
    }
    if (this.#missing.delete(key))
      this.#tellStopped(key, 'somebody deleted its Deployment, which is made again');
    if (!serves(object)) return;
    const again = this.#stopped.delete(key);
    const news = this.#told !== null && !this.#told.has(key);
    this.#told?.add(key);
    if (!again && !news) return;
    const where = this.#deps.address(namespace, gateway) ?? 'its address';
    this.#deps.report(`gateway ${key} is ready ${again ? 'again ' : ''}at ${where}`);
  }

  #reviewMissing(namespace: string): void {
    const { cache } = this.#deps;
    const names = gatewayNames(cache, namespace);
    for (const [key, ref] of this.#missing) {
      if (ref.namespace !== namespace || names.includes(gatewayOf(ref.name))) continue;
      this.#missing.delete(key);
      this.#tellStopped(key, whyGone(cache, namespace));
    }
  }

  #tellStopped(key: string, why: string): void {
    // What is made and removed again before it serves is no news.
    if (this.#stopped.has(key)) return;
    this.#stopped.add(key);
    this.#deps.report(`gateway ${key} stopped: ${why}`);
  }
}

function serves({ status }: KubeObject): boolean {
  const { replicas = 0, readyReplicas = 0 } = (status ?? {}) as DeploymentStatus;
  return replicas > 0 && readyReplicas >= replicas;
}

/** Why a gateway that is not among those of its namespace is not. */
function whyGone(cache: ObjectCache, namespace: string): string {
  const names = gatewayNames(cache, namespace);
  return names.length > 0 ? 'it is no longer declared' : `it has ${missingIn(cache, namespace)}`;
}
