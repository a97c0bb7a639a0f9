import type { MarkerOptions } from '../../detectors/markers.ts';

/** Settings that passed the schema, defaults filled in. */
export interface PiiSettings {
  readonly action: 'redact' | 'block';
  readonly healthcare_mode: boolean;
  readonly pci_mode: boolean;
  readonly detect_patterns: readonly string[];
  readonly redaction: {
    readonly marker_format: MarkerOptions['format'];
    readonly include_metadata: boolean;
    readonly preserve_length: boolean;
    readonly custom_markers: Readonly<Record<string, string>>;
  };
}
