import type { CompiledEntry } from '../config/plan.ts';
import type { FailMode } from '../contract/document.ts';
import type { LeafEdit } from '../dialects/dialect.ts';
import type { GatewayError } from '../errors.ts';
import type { EntryResult, Verdict } from './verdict.ts';

/** What every runner of hooks is given beside the entries. */
export interface PhaseEnv {
  /** Milliseconds with fractions, from any start. */
  readonly clock: { monotonic(): number };
  /** For entries without a `fail_mode` of their own: the document's `limits.fail_mode`, else the process's flag. */
  readonly failMode: FailMode;
  /** Told of each hook that threw, for the log. What it threw may quote content: log its name and stack only. */
  readonly onFault?: (entry: CompiledEntry, thrown: unknown) => void;
}

/** What a guide entry withheld, for the caller to read. Names and types only. */
export interface Warning {
  policy: string;
  reason: string;
  would: Verdict;
}

/** What the entries of one phase came to. */
export interface PhaseOutcome {
  /** One per entry that has a hook of this phase, in chain order. */
  results: EntryResult[];
  verdict: Verdict;
  /** The strongest verdict that observe and guide withheld; `allow` where they withheld nothing. */
  would: Verdict;
  /** The first entry in chain order that blocked. */
  blockedBy: CompiledEntry | null;
  /** What to answer instead of going on: a block, or `policy_error` where a check could not run and failed closed. */
  error: GatewayError | null;
  warnings: Warning[];
  /** An entry could not run and the request goes on all the same. */
  degraded: boolean;
}

/** The outcome of looking at text. Without edits the bytes stay as they came. */
export interface TextOutcome extends PhaseOutcome {
  edits: LeafEdit[];
}
