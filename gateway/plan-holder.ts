import type { Plan } from './config/plan.ts';
import { LivePlan } from './pipeline/live-plan.ts';
import type { ConfigWarning, PlanListener, RejectedConfig } from './plan-source.ts';

/** Told of documents that were taken or refused. */
export interface HolderListener {
  swapped(live: LivePlan, text: string): void;
  refused(config: RejectedConfig): void;
}

/** Holds the plan in force: swapped with one assignment; a request keeps the one it began with. */
export class PlanHolder implements PlanListener {
  live: LivePlan | null = null;
  /** The newest document, where it was refused. */
  refusal: RejectedConfig | null = null;
  /** What lint says of the document in force. */
  warnings: readonly ConfigWarning[] = [];
  /** Names of models that the document lists. */
  models: ReadonlySet<string> = new Set();
  #text = '';
  #listener: HolderListener | null = null;
  readonly #process: ConstructorParameters<typeof LivePlan>[1];

  /** @param process what the process's flags say, for documents that say nothing, and its keys beside theirs */
  constructor(process: ConstructorParameters<typeof LivePlan>[1]) {
    this.#process = process;
  }

  /** From now on the listener is told; of what is there already, at once. */
  listen(listener: HolderListener): void {
    this.#listener = listener;
    if (this.live !== null) listener.swapped(this.live, this.#text);
    if (this.refusal !== null) listener.refused(this.refusal);
  }

  accepted(plan: Plan, text: string, warnings: readonly ConfigWarning[] = []): void {
    const live = new LivePlan(plan, this.#process);
    this.models = new Set(plan.models.map(({ id }) => id));
    this.refusal = null;
    this.warnings = warnings;
    this.live = live;
    this.#text = text;
    this.#listener?.swapped(live, text);
  }

  rejected(config: RejectedConfig): void {
    this.refusal = config;
    this.#listener?.refused(config);
  }

  get revision(): Plan['revision'] | null {
    return this.live?.plan.revision ?? null;
  }
}
