import type { PolicyConfig } from './document.ts';
import { examine } from './examine.ts';
import type { KindContracts } from './kind-contract.ts';
import { opennessProblems } from './openness.ts';
import type { Problem } from './problem.ts';

export type { KindLint, LintContext, LintFinding, LintSituation, Severity } from './lint-finding.ts';

export interface LintOptions {
  /** Name of the file, from which the list form takes the name of its pack. */
  file?: string;
  kinds: KindContracts;
  /** No control plane keeps the record. */
  loneGateway: boolean;
  /** Address that the gateway is to listen on, where it is known; others than loopback ask for more. */
  listen?: string;
  /** Milliseconds since the epoch, where expired keys are to be told. */
  now?: number;
}

export interface LintResult {
  /** Null where there is an error. */
  config: PolicyConfig | null;
  /** Errors first, then warnings, each in the order of the text. */
  problems: Problem[];
}

/** Everything that can be said of a document: the errors of `readPolicyConfig` and the warnings. */
export function lintPolicyConfig(text: string, options: LintOptions): LintResult {
  const { file, kinds, loneGateway, listen, now } = options;
  const { config, problems } = examine(text, { file, kinds, situation: { loneGateway }, now });
  if (config === null || listen === undefined) return { config, problems };
  return { config, problems: [...problems, ...opennessProblems(config, listen)] };
}
