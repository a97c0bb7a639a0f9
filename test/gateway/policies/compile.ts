import { type KindContract, loadKindContracts } from '../../../gateway/contract/kinds.ts';
import type { LintFinding } from '../../../gateway/contract/lint.ts';
import { classifyPattern } from '../../../gateway/contract/patterns.ts';
import { Findings } from '../../../gateway/contract/problem.ts';
import { settingsOf } from '../../../gateway/contract/settings.ts';
import { classify } from '../../../gateway/detectors/classify.ts';
import { patternScanner } from '../../../gateway/detectors/pattern-scanner.ts';
import type { CompiledPolicy, TextFinding, TextHook } from '../../../gateway/policies/kind.ts';
import { type AnyPolicyKind, loadKinds } from '../../../gateway/policies/registry.ts';

const contracts = await loadKindContracts();
const kinds = await loadKinds();
const context = { checkPattern: classifyPattern, situation: { loneGateway: false } };

export function contractOf(name: string): KindContract {
  const found = contracts.get(name);
  if (found === undefined) throw new Error(`no kind ${name}`);
  return found;
}

export function kindOf(name: string): AnyPolicyKind {
  const found = kinds.get(name);
  if (found === undefined) throw new Error(`no kind ${name}`);
  return found;
}

/** Settings as a document would give them: checked, linted, defaults filled in. Throws on an error. */
export function settings(name: string, stated: object): Record<string, unknown> {
  const findings = new Findings();
  const result = settingsOf(contractOf(name), stated, { base: [], entry: [] }, context, findings);
  const errors = findings.list.filter(({ code }) => code.startsWith('E'));
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return result as Record<string, unknown>;
}

export function compile(name: string, stated: object = {}): CompiledPolicy {
  return kindOf(name).compile(settings(name, stated), {
    pattern: (source) => patternScanner(source, classify(source)),
  });
}

export function lint(name: string, stated: object, loneGateway = false): LintFinding[] {
  return contractOf(name).lint(stated as Record<string, unknown>, { ...context, situation: { loneGateway } });
}

/** Findings in a whole text. */
export function findings(hook: TextHook | undefined, text: string): TextFinding[] {
  const found: TextFinding[] = [];
  hook?.scanner.scan(text, 0, true, (finding) => found.push(finding));
  return found;
}

/** The text with every finding replaced. */
export function applied(hook: TextHook | undefined, text: string): string {
  let out = '';
  let at = 0;
  for (const { start, end, replacement } of findings(hook, text)) {
    out += text.slice(at, start) + (replacement ?? '[REDACTED]');
    at = end;
  }
  return out + text.slice(at);
}
