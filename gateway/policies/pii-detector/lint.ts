import type { KindLint, LintFinding } from '../../contract/lint.ts';
import { lintPatterns } from '../../contract/lint-patterns.ts';
import { isBuiltInType } from './names.ts';

export const lint: KindLint = (settings, context) => {
  const patterns = (settings['detect_patterns'] ?? []) as readonly string[];
  const findings = lintPatterns(
    patterns
      .map((source, index) => ({ source, path: `detect_patterns[${index}]` }))
      .filter(({ source }) => !isBuiltInType(source)),
    context,
  );
  return [...findings, ...ineffective(settings)];
};

/** A block replaces nothing, so what says how to replace is not used. */
function ineffective(settings: Readonly<Record<string, unknown>>): LintFinding[] {
  const redaction = (settings['redaction'] ?? {}) as Readonly<Record<string, unknown>>;
  const custom = Object.keys((redaction['custom_markers'] ?? {}) as object).length > 0;
  if (settings['action'] !== 'block' || !custom) return [];
  return [
    {
      code: 'W012',
      severity: 'warning',
      path: 'redaction.custom_markers',
      message: 'markers are not used where `action` is `block`',
      suggestion: 'remove them, or set `action: redact`',
    },
  ];
}
