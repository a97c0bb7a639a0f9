import type { LeafFacts } from '../policies/kind.ts';
import type { PhaseEnv } from './outcome.ts';
import type { Scan } from './scan.ts';

/** One step of a channel: takes text, gives on what is decided. */
export interface Stage {
  /** @throws GatewayError `output_blocked`, `policy_error` */
  push(text: string, final: boolean): string;
  /**
   * Whether this text, pushed next, would be found clean; nothing changes by asking. `text` is what has come, and, from
   * stages before, what they still hold of it.
   * @returns the text to ask the next stage about; null where something would be found or a scanner would fail
   */
  clean(text: string): string | null;
  /**
   * How far of its own input the first `out` units of its output stand for. Both count from the channel's beginning;
   * `out` never falls. A place inside a replacement counts as behind what was replaced.
   */
  inputAt(out: number): number;
}

/** What the stages of a stream have in common. */
export interface StageContext {
  readonly leaf: LeafFacts;
  readonly env: PhaseEnv;
  readonly scan: Scan;
}
