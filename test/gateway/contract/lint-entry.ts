import type { Entry } from '../../../gateway/contract/document.ts';
import { lintContext } from '../../../gateway/contract/examine.ts';
import { findKind } from '../../../gateway/contract/find-kind.ts';
import type { KindContracts } from '../../../gateway/contract/kind-contract.ts';
import type { LintSituation } from '../../../gateway/contract/lint-finding.ts';
import { Findings, type Problem, toProblem } from '../../../gateway/contract/problem.ts';
import { settingsOf } from '../../../gateway/contract/settings.ts';

/** One entry as a kind's schema and lint see it: paths begin at the settings. */
export function lintEntry(
  entry: Pick<Entry, 'kind' | 'settings'>,
  kinds: KindContracts,
  situation: LintSituation,
): Problem[] {
  const findings = new Findings();
  const kind = findKind(entry.kind, kinds, [], findings);
  if (kind !== null)
    settingsOf(kind, entry.settings, { base: [], entry: [] }, lintContext(situation), findings);
  return findings.list.map((finding) => toProblem(finding, finding.path, { line: 0, column: 0 }));
}
