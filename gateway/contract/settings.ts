import { type DocPath, parsePath } from './doc-path.ts';
import type { KindContract } from './kind-contract.ts';
import type { LintContext, LintFinding } from './lint-finding.ts';
import { isPlain, type Plain } from './plain.ts';
import type { Finding, Findings } from './problem.ts';
import { checkSettings } from './schema-check.ts';

export interface SettingsPlace {
  /** Where the settings stand. */
  base: DocPath;
  /** The entry that they belong to: the place of what nobody wrote. */
  entry: DocPath;
}

/** A copy of an entry's settings, checked by the kind's schema and lint, with defaults filled in. */
export function settingsOf(
  kind: KindContract,
  stated: unknown,
  place: SettingsPlace,
  context: LintContext,
  findings: Findings,
): Plain {
  const settings: unknown = structuredClone(stated);
  if (!checkSettings(kind, settings, place.base, findings) || !isPlain(settings)) return {};
  for (const finding of kind.lint(settings, context)) findings.push(placed(finding, stated, settings, place));
  return settings;
}

/** A finding in the document. A warning of a value that the schema filled in says so, at the entry. */
function placed(
  found: LintFinding,
  stated: unknown,
  settings: Plain,
  { base, entry }: SettingsPlace,
): Finding {
  const { code, severity, message, suggestion } = found;
  const path = parsePath(found.path);
  const [first] = path;
  const byDefault =
    severity === 'warning' &&
    typeof first === 'string' &&
    first in settings &&
    isPlain(stated) &&
    !(first in stated);
  return {
    code,
    path: byDefault ? entry : [...base, ...path],
    message: byDefault
      ? `\`${first}\` is ${JSON.stringify(settings[first])} by default: ${message}`
      : message,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}
