import { severityOf } from './codes.ts';
import { checkTarget } from './cross-checks.ts';
import { type DocPath, formatPath } from './doc-path.ts';
import type { Entry, PolicyConfig, Target } from './document.ts';
import { examine, lintContext } from './examine.ts';
import { findKind } from './find-kind.ts';
import type { KindContracts } from './kind-contract.ts';
import type { LintFinding, LintSituation } from './lint-finding.ts';
import { opennessProblems } from './openness.ts';
import { Findings, type Problem, toProblem } from './problem.ts';
import { settingsOf } from './settings.ts';

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

/** Lints one entry as a kind's schema and lint see it: paths begin at the settings. For objects before they are compiled. */
export function lintEntry(
  entry: Pick<Entry, 'kind' | 'settings'>,
  kinds: KindContracts,
  situation: LintSituation,
): LintFinding[] {
  const findings = new Findings();
  const kind = findKind(entry.kind, kinds, [], findings);
  if (kind !== null) settingsOf(kind, entry.settings, [], lintContext(situation), findings);
  return relative(findings);
}

/** Lints one target that its schema has accepted: paths begin at the target. */
export function lintTarget(target: Target): LintFinding[] {
  const findings = new Findings();
  checkTarget(target, [], findings);
  return relative(findings);
}

function relative(findings: Findings): LintFinding[] {
  return findings.list.map((finding) => {
    const { message, suggestion } = toProblem(finding, finding.path, NOWHERE);
    return {
      code: finding.code,
      severity: severityOf(finding.code),
      path: formatPath(finding.path satisfies DocPath),
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    };
  });
}

const NOWHERE = { line: 0, column: 0 };
