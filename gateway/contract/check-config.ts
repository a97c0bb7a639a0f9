import { severityOf } from './codes.ts';
import { crossCheck } from './cross-checks.ts';
import { formatPath } from './doc-path.ts';
import type { PolicyConfig } from './document.ts';
import { readEntries } from './entries.ts';
import type { KindContracts } from './kind-contract.ts';
import type { LintContext, LintFinding } from './lint-finding.ts';
import { isPlain } from './plain.ts';
import { Findings, toProblem } from './problem.ts';
import { checkDocument } from './schema-check.ts';
import { documentOf } from './write.ts';

export interface CheckOptions {
  kinds: KindContracts;
  /** Judges patterns, and says where the document is to run. */
  context: LintContext;
}

/**
 * What `lintPolicyConfig` would say of the written config, without the writing and the reading, which take most of
 * its time. Paths are the document's.
 *
 * @throws Error for what a document cannot say, see `writePolicyConfig`
 */
export function checkConfig(config: PolicyConfig, options: CheckOptions): LintFinding[] {
  // Own copy: checking fills in defaults.
  const document: unknown = JSON.parse(JSON.stringify(documentOf(config)));
  const findings = new Findings();
  checkDocument(document, findings);
  if (isPlain(document)) {
    crossCheck(document, undefined, findings);
    readEntries(document, options.kinds, options.context, findings);
  }
  return findings.list.map((finding) => {
    const { message, suggestion } = toProblem(finding, finding.path, NOWHERE);
    const severity = severityOf(finding.code);
    return {
      code: finding.code,
      severity,
      path: formatPath(finding.path),
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    };
  });
}

const NOWHERE = { line: 0, column: 0 };
