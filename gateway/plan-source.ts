import type { Plan } from './config/plan.ts';
import type { Problem } from './contract/problem.ts';

/** A document that was refused: the plan before it stays in force. */
export interface RejectedConfig {
  hash: string;
  problems: { code: string; path: string; message: string }[];
}

/** What lint says of a document that is in force all the same. */
export type ConfigWarning = Pick<Problem, 'code' | 'path' | 'message'>;

export interface PlanListener {
  /** @param text the document as it was read */
  accepted(plan: Plan, text: string, warnings?: readonly ConfigWarning[]): void;
  rejected(config: RejectedConfig): void;
}

/** Where plans come from: the first when `start` resolves, later ones when the document changes. */
export interface PlanSource {
  start(listener: PlanListener): Promise<void>;
  close(): Promise<void>;
}
