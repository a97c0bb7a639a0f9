import type { Warning } from './outcome.ts';

/** Header that tells a caller what guide mode withheld. */
export const WARNING_HEADER = 'x-keeptrusts-warning';

const MAX_WARNINGS = 8;
const MAX_NAME = 128;

/**
 * Value of the warning header, such as `pii-detector;reason=pii.ssn;would=redact`, one item per entry, comma between.
 * Ids, reasons and verdicts only, never content; at most 8 items of bounded length, what is over is counted as
 * `more;count=3`. Null when there is nothing to say.
 */
export function warningHeader(warnings: readonly Warning[]): string | null {
  if (warnings.length === 0) return null;
  const items = new Set(
    warnings.map(({ policy, reason, would }) => `${token(policy)};reason=${token(reason)};would=${would}`),
  );
  const shown = [...items].slice(0, MAX_WARNINGS);
  if (items.size > shown.length) shown.push(`more;count=${items.size - shown.length}`);
  return shown.join(', ');
}

/** Names come from documents and may hold anything: only what is safe in a header's parameter stays. */
function token(name: string): string {
  return name.slice(0, MAX_NAME).replace(/[^A-Za-z0-9._/:-]/g, '_');
}
