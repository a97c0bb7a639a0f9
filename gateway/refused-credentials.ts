import type { DecisionEvent } from './events/event.ts';

/** Targets whose provider refused our credential when it was last asked: another one may be on its way to us. */
export class RefusedCredentials {
  readonly #targets = new Set<string>();
  readonly #changed: () => void;

  /** @param changed told when a target comes or goes */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  has(target: string): boolean {
    return this.#targets.has(target);
  }

  /** Told of each finished exchange. */
  finished({ attempts }: Pick<DecisionEvent, 'attempts'>): void {
    let changed = false;
    for (const { target, status, error } of attempts) {
      if (error === 'upstream_auth') {
        changed ||= !this.#targets.has(target);
        this.#targets.add(target);
      } else if (status !== null && status < 500 && this.#targets.delete(target)) {
        // A server that fails has not looked at the credential, perhaps.
        changed = true;
      }
    }
    if (changed) this.#changed();
  }
}
