import type { SensitivityLevel } from '../../detectors/marking.ts';

/** Settings that passed the schema, defaults filled in. */
export interface DlpSettings {
  readonly blocked_terms: readonly string[];
  readonly detect_patterns: readonly string[];
  readonly action: 'redact' | 'block';
  readonly fuzzy_matching: boolean;
  readonly max_distance: number;
  readonly sensitivity_level: SensitivityLevel;
  readonly apply_to: 'input' | 'output' | 'both';
}
