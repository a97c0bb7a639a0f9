import { newestAccepted } from '../domain/accepted.ts';
import type { Decision, Judgement } from '../domain/decide.ts';
import type { AcceptedSpec, Snapshot } from '../domain/snapshot.ts';
import { sameJson } from '../runtime/json.ts';
import type { Holding } from '../status/gateway-state.ts';
import { Revisions } from './revisions.ts';

/** Why a gateway's objects could not be brought up to date. */
export interface Failure {
  reason: 'Conflicted' | 'ApplyFailed' | 'ConfigTooLarge' | 'ConfigRefused';
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

/**
 * Gateways that are gone and whose last revision is still known. Namespaces of test runs come and go by the hundred, and
 * must not fill our memory; one that comes back after so many others counts from 1 again.
 */
const MAX_GONE = 10_000;

/** What must not be forgotten when the operator ends. */
export interface Remembered {
  accepted: readonly AcceptedSpec[];
  /** The newest revision of each gateway, also of those that are gone. */
  revisions: readonly { namespace: string; gateway: string; number: number; hash: string }[];
}

/**
 * The last outcome of each gateway, for those who write status. In memory: a start decides everything again, from the
 * objects and from what the archive remembers.
 */
export class Outcomes {
  readonly #outcomes = new Map<string, Outcome>();
  /** Of namespaces without a gateway. */
  readonly #ungoverned = new Map<string, Judgement>();
  /** Specifications that were in force, also of gateways that are gone: the next gateway may need them. */
  readonly #accepted = new Map<string, readonly AcceptedSpec[]>();
  /** A number that was given once is never given to another content, also when a gateway is made again. */
  readonly #revisions = new Map<string, NonNullable<Snapshot['previous']>>();
  /** Those of them whose gateway is gone; the one that went last comes last. */
  readonly #gone = new Set<string>();
  readonly #holding = new Revisions();
  readonly #listeners: ((namespace: string) => void)[] = [];

  /** Takes over what an earlier process knew. */
  restore({ accepted, revisions }: Remembered): void {
    for (const [namespace, specs] of Map.groupBy(accepted, (spec) => spec.namespace)) {
      this.#accepted.set(namespace, specs);
    }
    for (const { namespace, gateway, number, hash } of revisions) {
      this.#revisions.set(`${namespace}/${gateway}`, { number, hash });
    }
  }

  get(namespace: string, gateway: string): Outcome | undefined {
    return this.#outcomes.get(`${namespace}/${gateway}`);
  }

  /** What is known of the objects of a namespace without a gateway. */
  ungoverned(namespace: string): Judgement | undefined {
    return this.#ungoverned.get(namespace);
  }

  accepted(namespace: string): readonly AcceptedSpec[] {
    return this.#accepted.get(namespace) ?? [];
  }

  /** The newest revision that a gateway was given, whether it got it or not. */
  revision(namespace: string, gateway: string): Snapshot['previous'] {
    return this.#revisions.get(`${namespace}/${gateway}`) ?? null;
  }

  /** Which revisions of a gateway hold an object as it stands; null when the newest has it not. */
  holding(namespace: string, gateway: string, uid: string): Holding | null {
    return this.#holding.holding(`${namespace}/${gateway}`, uid);
  }

  set(outcome: Outcome): void {
    const { namespace, gateway, decision } = outcome;
    this.#keep(namespace, decision);
    const key = `${namespace}/${gateway}`;
    this.#revisions.set(key, decision.revision);
    this.#gone.delete(key);
    this.#holding.add(key, decision);
    const before = this.#outcomes.get(key);
    this.#outcomes.set(key, outcome);
    // Our own writes come back as changes, and are decided to the same: nobody has to look at a thousand statuses.
    if (!this.#ungoverned.delete(namespace) && before !== undefined && sameJson(before, outcome)) return;
    this.#changed(namespace);
  }

  setUngoverned(namespace: string, judgement: Judgement): void {
    this.#keep(namespace, judgement);
    if (Object.keys(judgement.considered).length > 0) this.#ungoverned.set(namespace, judgement);
    else this.#ungoverned.delete(namespace);
    this.#changed(namespace);
  }

  remove(namespace: string, gateway: string): void {
    const key = `${namespace}/${gateway}`;
    this.#holding.remove(key);
    if (this.#revisions.has(key)) this.#gone.add(key);
    const [first] = this.#gone;
    if (first !== undefined && this.#gone.size > MAX_GONE) {
      this.#gone.delete(first);
      this.#revisions.delete(first);
    }
    if (this.#outcomes.delete(key)) this.#changed(namespace);
  }

  onChange(listener: (namespace: string) => void): void {
    this.#listeners.push(listener);
  }

  #keep(namespace: string, { considered, acceptedSpecs }: Judgement): void {
    const newest = newestAccepted([...this.accepted(namespace), ...acceptedSpecs]);
    const kept = [...newest.values()].filter(({ uid }) => considered[uid] !== undefined);
    if (kept.length > 0) this.#accepted.set(namespace, kept);
    else this.#accepted.delete(namespace);
  }

  #changed(namespace: string): void {
    for (const listener of this.#listeners) listener(namespace);
  }
}
