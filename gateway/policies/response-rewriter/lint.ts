import type { KindLint, LintContext, LintFinding } from '../../contract/lint.ts';
import { lintPatterns } from '../../contract/lint-patterns.ts';
import { gatesOf, type Rule } from './settings.ts';
import { parseTemplate } from './template.ts';

export const lint: KindLint = (settings, context) =>
  (settings['rules'] as readonly Rule[]).flatMap((rule, index) => lintRule(rule, `rules[${index}]`, context));

function lintRule(rule: Rule, path: string, context: LintContext): LintFinding[] {
  const { pattern, condition, position } = rule;
  const patterns = [
    ...(pattern === undefined ? [] : [{ source: pattern, path: `${path}.pattern` }]),
    ...(condition === undefined ? [] : [{ source: condition, path: `${path}.condition` }]),
  ];
  const gated = gatesOf(rule).length > 0;
  // A rule that waits for the whole text says so once, below.
  const findings = lintPatterns(patterns, context).filter(({ code }) => !(gated && code === 'W004'));
  if (gated) findings.push(waits(path));
  if (position !== 'replace') return [...findings, ...lintInsertion(rule, path)];
  if (pattern === undefined) {
    findings.push({
      code: 'E013',
      severity: 'error',
      path,
      message: '`pattern` is missing: a rule that replaces must say what',
      suggestion: 'add `pattern`, or set `position` to `prepend` or `append`',
    });
    return findings;
  }
  return [...findings, ...lintGroups(rule.replacement, pattern, path, context)];
}

function lintInsertion({ replacement, position }: Rule, path: string): LintFinding[] {
  if (replacement !== '') return [];
  const message = `nothing to ${position}: \`replacement\` is empty`;
  return [{ code: 'W012', severity: 'warning', path: `${path}.replacement`, message }];
}

const waits = (path: string): LintFinding => ({
  code: 'W004',
  severity: 'warning',
  path,
  message:
    'whether the rule applies is known only at the end, so streamed answers are held back until they are whole',
});

/** A reference to a group that the pattern does not have would silently be empty. */
function lintGroups(replacement: string, pattern: string, path: string, context: LintContext): LintFinding[] {
  const verdict = context.checkPattern(pattern);
  if (!verdict.ok) return [];
  return parseTemplate(replacement).flatMap((piece): LintFinding[] => {
    const missing =
      (typeof piece === 'number' && piece > verdict.groups) ||
      (typeof piece === 'object' && verdict.groupNames[piece.name] === undefined);
    if (!missing) return [];
    const shown = typeof piece === 'object' ? `$<${piece.name}>` : `$${piece}`;
    return [
      {
        code: 'E016',
        severity: 'error',
        path: `${path}.replacement`,
        message: `\`${shown}\` names a capture group that the pattern does not have`,
        suggestion: 'write `$$` for a dollar sign',
      },
    ];
  });
}
