import type { KindLint, LintFinding } from '../../contract/lint.ts';

/** Days for which a gateway without a control plane keeps its events, unless their size ends it earlier. */
const SPOOL_DAYS = 7;

export const lint: KindLint = (settings, { situation }) => {
  const findings: LintFinding[] = [];
  const days = Number(settings['retention_days'] ?? 365);
  if (situation.loneGateway && days > SPOOL_DAYS) {
    findings.push({
      code: 'W003',
      severity: 'warning',
      path: 'retention_days',
      message: `events cannot be kept for ${days} days: without a control plane they stay in the gateway's spool for ${SPOOL_DAYS} days or 256 MB, whichever ends first`,
      suggestion: 'connect the gateway to a control plane, or copy its spool away',
    });
  }
  for (const field of ['immutable', 'log_all_access']) {
    if (settings[field] !== false) continue;
    findings.push({
      code: 'W012',
      severity: 'warning',
      path: field,
      message: `\`${field}: false\` has no effect: the record is always complete and chained`,
    });
  }
  return findings;
};
