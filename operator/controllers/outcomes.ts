import type { Decision } from '../domain/decide.ts';

/** Why a gateway's objects could not be brought up to date. */
export interface Failure {
  reason: 'Conflicted' | 'ConfigTooLarge' | 'GatewayFailed';
  message: string;
}

/** What the last reconcile of a gateway came to. */
export interface Outcome {
  namespace: string;
  gateway: string;
  decision: Decision;
  /** Why it could not be applied; null when it was. */
  failure: Failure | null;
}

/** The last outcome of each gateway, for those who write status. In memory: a start decides everything again. */
export class Outcomes {
  readonly #outcomes = new Map<string, Outcome>();
  readonly #listeners: ((namespace: string) => void)[] = [];

  get(namespace: string, gateway: string): Outcome | undefined {
    return this.#outcomes.get(`${namespace}/${gateway}`);
  }

  set(outcome: Outcome): void {
    this.#outcomes.set(`${outcome.namespace}/${outcome.gateway}`, outcome);
    for (const listener of this.#listeners) listener(outcome.namespace);
  }

  remove(namespace: string, gateway: string): void {
    if (!this.#outcomes.delete(`${namespace}/${gateway}`)) return;
    for (const listener of this.#listeners) listener(namespace);
  }

  onChange(listener: (namespace: string) => void): void {
    this.#listeners.push(listener);
  }
}
