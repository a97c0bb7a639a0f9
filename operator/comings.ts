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
    if (ref.kind !== 'Deployment') return;
    const { namespace, name } = ref;
    const gateway = gatewayOf(name);
    const key = `${namespace}/${gateway}`;
    const { cache, address, report } = this.#deps;
    if (object === undefined) {
      if (previous === undefined || childName(gateway) !== name) return;
      this.#told?.delete(key);
      // What is made and removed again before it serves is no news.
      if (this.#stopped.has(key)) return;
      this.#stopped.add(key);
      report(`gateway ${key} stopped: ${whyGone(cache, namespace, gateway)}`);
      return;
    }
    if (childName(gateway) !== name || !serves(object)) return;
    const again = this.#stopped.delete(key);
    const news = this.#told !== null && !this.#told.has(key);
    this.#told?.add(key);
    if (!again && !news) return;
    report(
      `gateway ${key} is ready ${again ? 'again ' : ''}at ${address(namespace, gateway) ?? 'its address'}`,
    );
  }
}

function serves({ status }: KubeObject): boolean {
  const { replicas = 0, readyReplicas = 0 } = (status ?? {}) as DeploymentStatus;
  return replicas > 0 && readyReplicas >= replicas;
}

function whyGone(cache: ObjectCache, namespace: string, gateway: string): string {
  const names = gatewayNames(cache, namespace);
  if (names.includes(gateway)) return 'somebody deleted its Deployment, which is made again';
  return names.length > 0 ? 'it is no longer declared' : `it has ${missingIn(cache, namespace)}`;
}
