import type { LintContext, LintFinding } from './lint-finding.ts';

/** What a kind says of user-written patterns: refused ones, and those that make its entry wait for whole texts. */
export function lintPatterns(
  patterns: readonly { readonly path: string; readonly source: string }[],
  context: LintContext,
): LintFinding[] {
  const findings: LintFinding[] = [];
  for (const { path, source } of patterns) {
    const verdict = context.checkPattern(source);
    if (!verdict.ok) {
      findings.push({ code: 'E017', severity: 'error', path, message: `pattern refused: ${verdict.error}` });
      continue;
    }
    if (verdict.streaming === 'buffered') {
      findings.push({
        code: 'W004',
        severity: 'warning',
        path,
        message:
          'nothing bounds the length of a match, so streamed answers are held back until they are whole',
        suggestion: 'bound each repeat, such as `{1,64}` in place of `+`',
      });
    }
  }
  return findings;
}
