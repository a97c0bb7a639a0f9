export type { KindLint, LintContext, LintFinding, LintSituation, Severity } from './lint-finding.ts';
