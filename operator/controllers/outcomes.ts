import { newestAccepted } from '../domain/accepted.ts';
import type { Decision } from '../domain/decide.ts';
import type { AcceptedSpec } from '../domain/snapshot.ts';

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
  /** Specifications that were in force, also of gateways that are gone: the next gateway may need them. */
  readonly #accepted = new Map<string, readonly AcceptedSpec[]>();
  readonly #listeners: ((namespace: string) => void)[] = [];

  get(namespace: string, gateway: string): Outcome | undefined {
    return this.#outcomes.get(`${namespace}/${gateway}`);
  }

  accepted(namespace: string): readonly AcceptedSpec[] {
    return this.#accepted.get(namespace) ?? [];
  }

  set(outcome: Outcome): void {
    const { considered, acceptedSpecs } = outcome.decision;
    const all = [...this.accepted(outcome.namespace), ...acceptedSpecs];
    const living = [...newestAccepted(all).values()].filter(({ uid }) => considered[uid] !== undefined);
    this.#accepted.set(outcome.namespace, living);
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
