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

/** Tells people when a gateway stops because the objects no longer ask for it, and when it serves again. */
export class Comings {
  readonly #deps: ComingsDeps;
  readonly #stopped = new Set<string>();

  constructor(deps: ComingsDeps) {
    this.#deps = deps;
    deps.cache.onChange((ref, object, previous) => this.#noticed(ref, object, previous));
  }

  #noticed(ref: ObjectRef, object: KubeObject | undefined, previous: KubeObject | undefined): void {
    if (ref.kind !== 'Deployment') return;
    const { namespace, name } = ref;
    const gateway = gatewayOf(name);
    const key = `${namespace}/${gateway}`;
    const { cache, address, report } = this.#deps;
    if (object === undefined) {
      if (previous === undefined || childName(gateway) !== name) return;
      this.#stopped.add(key);
      report(`gateway ${key} stopped: ${whyGone(cache, namespace, gateway)}`);
      return;
    }
    const { replicas = 0, readyReplicas = 0 } = (object.status ?? {}) as DeploymentStatus;
    if (!this.#stopped.has(key) || replicas === 0 || readyReplicas < replicas) return;
    this.#stopped.delete(key);
    report(`gateway ${key} is ready again at ${address(namespace, gateway) ?? 'its address'}`);
  }
}

function whyGone(cache: ObjectCache, namespace: string, gateway: string): string {
  const names = gatewayNames(cache, namespace);
  if (names.includes(gateway)) return 'somebody deleted its Deployment, which is made again';
  return names.length > 0 ? 'it is no longer declared' : `it has ${missingIn(cache, namespace)}`;
}
