import type { KindLint, LintFinding } from '../../contract/lint.ts';

/** Days for which a spool keeps its events where nothing else is said. */
const SPOOL_DAYS = 7;

export const lint: KindLint = (settings, { situation }) => {
  const findings: LintFinding[] = [];
  const days = Number(settings['retention_days'] ?? 365);
  const { loneGateway, spoolDays = SPOOL_DAYS } = situation;
  // A control plane deletes nothing.
  if (loneGateway && days > spoolDays) {
    findings.push({
      code: 'W003',
      severity: 'warning',
      path: 'retention_days',
      message: `events cannot be kept for ${days} days: without a control plane they stay in the gateway's spool for ${spoolDays} days, or less where its size ends it earlier`,
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
