import type { KindLint, LintFinding } from '../../contract/lint.ts';
import { lintPatterns } from '../../contract/lint-patterns.ts';

export const lint: KindLint = (settings, context) => {
  const patterns = (settings['detect_patterns'] ?? []) as readonly string[];
  const terms = (settings['blocked_terms'] ?? []) as readonly string[];
  const findings = lintPatterns(
    patterns.map((source, index) => ({ source, path: `detect_patterns[${index}]` })),
    context,
  );
  terms.forEach((term, index) => {
    if (term.trim() === '') findings.push(blank(index));
  });
  if (patterns.length === 0 && terms.length === 0 && settings['sensitivity_level'] === 'standard') {
    findings.push(
      ineffective('', 'neither terms nor patterns nor a higher level are set, so nothing is looked for'),
    );
  }
  if (settings['fuzzy_matching'] === true) findings.push(...fuzzy(terms, Number(settings['max_distance'])));
  return findings;
};

function blank(index: number): LintFinding {
  return {
    code: 'E016',
    severity: 'error',
    path: `blocked_terms[${index}]`,
    message: 'a term needs a character that is not white space: this one would be found in every text',
  };
}

const ineffective = (path: string, message: string): LintFinding => ({
  code: 'W012',
  severity: 'warning',
  path,
  message,
});

function fuzzy(terms: readonly string[], maxDistance: number): LintFinding[] {
  if (terms.length === 0) return [ineffective('fuzzy_matching', 'there are no terms to find misspelt')];
  if (maxDistance === 0)
    return [ineffective('max_distance', 'no edit is permitted, so only exact terms match')];
  return terms.flatMap((term, index) =>
    term.length < 4
      ? [ineffective(`blocked_terms[${index}]`, `${JSON.stringify(term)} is too short to be found misspelt`)]
      : [],
  );
}
