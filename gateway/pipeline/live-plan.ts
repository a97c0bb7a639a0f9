import { type PriceRow, priceRow } from '../budget/cost.ts';
import type { ModelRoute, Plan } from '../config/plan.ts';
import type { FailMode, Target, TargetModel, Timeouts } from '../contract/document.ts';
import { admitsStrangers } from '../contract/openness.ts';
import { Identifier } from '../identity/identify.ts';
import type { KeyLookup } from '../identity/known-key.ts';
import type { Phase } from '../policies/kind.ts';

/** All in milliseconds; reasons in the routing reference: SDKs wait 10 minutes, providers ping more than once a minute. */
export const DEFAULT_TIMEOUTS: Required<Timeouts> = {
  connect_ms: 3_000,
  queue_ms: 1_000,
  first_token_ms: 60_000,
  idle_ms: 60_000,
  total_ms: 600_000,
};

/** A plan with everything that follows from it, computed when it is swapped in. */
export class LivePlan {
  readonly plan: Plan;
  readonly identifier: Identifier;
  readonly failMode: FailMode;
  /** An entry judges the request as a whole, or chooses among targets: only then are the facts gathered. */
  readonly judgesRequests: boolean;
  readonly filtersTargets: boolean;
  readonly judgesAnswers: boolean;
  /** An entry judges the calls of tools of this phase: only then are they looked up. */
  readonly judgesCalls: Readonly<Record<Phase, boolean>>;
  readonly #timeouts = new Map<Target, Required<Timeouts>>();
  readonly #prices = new Map<TargetModel, PriceRow | null>();

  /** @param process what flags say, for documents that say nothing, and keys beside those of documents */
  constructor(plan: Plan, process: { failMode: FailMode; host: string; keys?: KeyLookup | null }) {
    this.plan = plan;
    const { config } = plan;
    const byHand = config.revision === undefined;
    const strangers = byHand && admitsStrangers(config, process.host);
    this.identifier = new Identifier(config.identity, strangers, process.keys);
    this.failMode = config.limits.fail_mode ?? process.failMode;
    this.judgesRequests = plan.entries.some(({ policy }) => policy.inspectRequest !== undefined);
    this.filtersTargets = plan.entries.some(({ policy }) => policy.filterTargets !== undefined);
    this.judgesAnswers = plan.entries.some(({ policy }) => policy.inspectResponse !== undefined);
    const judgesCallsOf = (phase: Phase): boolean =>
      plan.entries.some(({ policy }) => policy.inspectToolCall?.phases.includes(phase) === true);
    this.judgesCalls = { input: judgesCallsOf('input'), output: judgesCallsOf('output') };
    for (const { target } of plan.targets) {
      this.#timeouts.set(target, { ...DEFAULT_TIMEOUTS, ...config.limits.timeouts, ...target.timeouts });
      for (const model of target.models ?? []) this.#prices.set(model, priceRow(model.prices));
    }
  }

  timeoutsOf(target: Target): Required<Timeouts> {
    return this.#timeouts.get(target) ?? DEFAULT_TIMEOUTS;
  }

  pricesOf(route: ModelRoute): PriceRow | null {
    return route.model === null ? null : (this.#prices.get(route.model) ?? null);
  }
}
