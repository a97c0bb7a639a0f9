import { type DocPath, parsePath } from './doc-path.ts';
import type { KindContract } from './kind-contract.ts';
import type { LintContext } from './lint-finding.ts';
import { isPlain, type Plain } from './plain.ts';
import type { Findings } from './problem.ts';
import { checkSettings } from './schema-check.ts';

/** A copy of an entry's settings, checked by the kind's schema and lint, with defaults filled in. */
export function settingsOf(
  kind: KindContract,
  stated: unknown,
  base: DocPath,
  context: LintContext,
  findings: Findings,
): Plain {
  const settings: unknown = structuredClone(stated);
  if (!checkSettings(kind, settings, base, findings) || !isPlain(settings)) return {};
  for (const { code, path, message, suggestion } of kind.lint(settings, context)) {
    findings.push({
      code,
      path: [...base, ...parsePath(path)],
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
  return settings;
}
