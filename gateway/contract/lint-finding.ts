import type { PatternVerdict } from './patterns.ts';

export type Severity = 'error' | 'warning';

/** What a kind's `lint.ts` says about one entry's settings. */
export interface LintFinding {
  /** A code of `codes.ts`. */
  code: string;
  severity: Severity;
  /** Relative to the settings, such as `rules[0].pattern`; empty for the settings as a whole. */
  path: string;
  message: string;
  suggestion?: string;
}

/** What a kind's `lint.ts` may ask. Everything in it is pure, so that the operator can lint without a gateway. */
export interface LintContext {
  /** Whether a user-written pattern is valid in both engines and within the bounds. */
  checkPattern(source: string): PatternVerdict;
  situation: LintSituation;
}

/** Where the document is to run. */
export interface LintSituation {
  /** No control plane keeps the record: events stay in the gateway's own spool, which is bounded. */
  loneGateway: boolean;
  /** Days for which that spool keeps events, unless its size ends it earlier; 7 where left out. */
  spoolDays?: number | undefined;
}

/** The export of a kind's `lint.ts`: what the schema cannot say. Settings have passed it and have their defaults. */
export type KindLint = (settings: Readonly<Record<string, unknown>>, context: LintContext) => LintFinding[];
