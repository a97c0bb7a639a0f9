import type { DecisionEvent } from './events/event.ts';

/** Targets whose provider refused our credential when it was last asked: another one may be on its way to us. */
export class RefusedCredentials {
  readonly #targets = new Set<string>();
  readonly #isOurs: (target: string) => boolean;
  readonly #changed: () => void;

  /**
   * @param isOurs whether the credential of a target is the gateway's, and not the caller's own
   * @param changed told when a target comes or goes
   */
  constructor(isOurs: (target: string) => boolean, changed: () => void) {
    this.#isOurs = isOurs;
    this.#changed = changed;
  }

  has(target: string): boolean {
    return this.#targets.has(target);
  }

  /** Told of each finished exchange. */
  finished({ attempts }: Pick<DecisionEvent, 'attempts'>): void {
    let changed = false;
    for (const { target, status } of attempts) {
      if (status === 401 || status === 403) {
        if (this.#targets.has(target) || !this.#isOurs(target)) continue;
        this.#targets.add(target);
        changed = true;
      } else if (status !== null && status < 500 && this.#targets.delete(target)) {
        // A server that fails has perhaps not looked at the credential.
        changed = true;
      }
    }
    if (changed) this.#changed();
  }
}
