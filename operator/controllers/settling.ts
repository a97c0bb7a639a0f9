import { KINDS } from '../domain/snapshot.ts';
import { childName } from '../render/names.ts';
import type { Clock } from '../runtime/clock.ts';
import type { ObjectCache } from '../runtime/objects.ts';
import type { Outcomes } from './outcomes.ts';

export interface SettlingDeps {
  cache: ObjectCache;
  outcomes: Pick<Outcomes, 'get'>;
  clock: Pick<Clock, 'monotonic'>;
}

/**
 * Whoever applies a policy, a target and a GovernanceGateway from one file sends three objects one after the other.
 * Between the second and the third the namespace asks for the implicit gateway, whose pods would start for nothing and
 * be in the way of the declared one's.
 */
export class Settling {
  readonly #deps: SettlingDeps;
  readonly #ms: number;
  /** By gateway, since when it is asked for and not there. Monotonic milliseconds. */
  readonly #since = new Map<string, number>();

  /** `ms`: milliseconds for which the implicit gateway must have been asked for before it is made. */
  constructor(deps: SettlingDeps, ms: number) {
    this.#deps = deps;
    this.#ms = ms;
  }

  /** Milliseconds until a gateway that is asked for may be made or kept up; 0 for at once. */
  waitMs(namespace: string, gateway: string): number {
    const key = `${namespace}/${gateway}`;
    if (this.#isSettled(namespace, gateway)) {
      this.#since.delete(key);
      return 0;
    }
    const now = this.#deps.clock.monotonic();
    const since = this.#since.get(key) ?? now;
    this.#since.set(key, since);
    return Math.max(0, since + this.#ms - now);
  }

  /** It is no longer asked for. */
  forget(namespace: string, gateway: string): void {
    this.#since.delete(`${namespace}/${gateway}`);
  }

  /** Whether it was declared, or made before: what runs must have its rules at once. */
  #isSettled(namespace: string, gateway: string): boolean {
    const { cache, outcomes } = this.#deps;
    return (
      outcomes.get(namespace, gateway) !== undefined ||
      cache.get({ kind: KINDS.gateway, namespace, name: gateway }) !== undefined ||
      cache.get({ kind: 'Deployment', namespace, name: childName(gateway) }) !== undefined
    );
  }
}
