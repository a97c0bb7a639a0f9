import type { Entry, PolicyConfig, Target, TargetModel } from '../contract/document.ts';
import type { CompiledPolicy, PolicyKind } from '../policies/kind.ts';

/** One entry of the chain, ready to run. */
export interface CompiledEntry {
  readonly entry: Entry;
  readonly kind: Pick<PolicyKind, 'name' | 'version' | 'needs' | 'streaming'>;
  readonly policy: CompiledPolicy;
}

/** A target as the plan sees it. `unavailable` says in words why it cannot be used here. */
export interface PlannedTarget {
  readonly target: Target;
  readonly unavailable: string | null;
  /** What is behind it, for programs. */
  readonly unavailableCode?: 'credential' | 'vendor';
}

/** One way to serve a model name. */
export interface ModelRoute {
  readonly target: PlannedTarget;
  /** The listed model, or null where the target takes any. */
  readonly model: TargetModel | null;
  /** What the upstream is sent. */
  readonly upstreamModel: string;
}

/**
 * A policy config compiled for the request path: immutable, swapped in with one assignment. A request keeps the plan
 * it began with.
 */
export interface Plan {
  readonly config: PolicyConfig;
  readonly revision: { readonly number: number | null; readonly hash: string };
  /** In chain order. Rewriters run first in this order, then every other entry inspects the same text. */
  readonly entries: readonly CompiledEntry[];
  readonly targets: readonly PlannedTarget[];
  /** Candidates for a model name, in document order; empty for an unknown model. */
  routes(model: string): readonly ModelRoute[];
  /** Named models only, with the vendor that owns each. */
  readonly models: readonly { id: string; owned_by: string }[];
}
