import { fuzzyFinder } from '../../detectors/fuzzy.ts';
import { markingFinders } from '../../detectors/marking.ts';
import { termFinder } from '../../detectors/terms.ts';
import { type Part, unite } from '../../detectors/unite.ts';
import type { PolicyKind } from '../kind.ts';
import type { DlpSettings } from './settings.ts';

const MARKER = '[REDACTED]';

/** Finds the terms, patterns and markings that an organisation keeps to itself. */
export const kind: PolicyKind<DlpSettings> = {
  name: 'dlp-filter',
  version: '1.0.0',
  needs: [],
  streaming: 'windowed',
  compile(settings, env) {
    const { blocked_terms: terms, action, apply_to: applyTo } = settings;
    const parts: Part[] = [];
    const add = (type: string, finder: Part['finder'] | null): void => {
      if (finder === null) return;
      parts.push(action === 'redact' ? { finder, type, replace: () => MARKER } : { finder, type });
    };
    if (terms.length > 0) add('term', termFinder(terms));
    if (settings.fuzzy_matching) add('term', fuzzyFinder(terms, settings.max_distance));
    for (const source of settings.detect_patterns) add('pattern', env.pattern(source));
    for (const finder of markingFinders(settings.sensitivity_level)) add('marking', finder);
    if (parts.length === 0) return {};
    const scanner = unite(parts);
    return {
      inspectText: {
        appliesTo: ({ phase }) => applyTo === 'both' || applyTo === phase,
        action,
        form: scanner.maxMatchLength === null ? 'buffered' : 'windowed',
        scanner,
      },
    };
  },
};
