import { marker } from '../../detectors/markers.ts';
import { type PiiType, piiFinders } from '../../detectors/pii/types.ts';
import { type Part, unite } from '../../detectors/unite.ts';
import type { PolicyKind } from '../kind.ts';
import { BASE_TYPES, HEALTHCARE_TYPES, isBuiltInType, PCI_TYPES } from './names.ts';
import type { PiiSettings } from './settings.ts';

/** Finds personal data by form, check digit and the words around it. */
export const kind: PolicyKind<PiiSettings> = {
  name: 'pii-detector',
  version: '1.0.0',
  needs: [],
  streaming: 'windowed',
  compile(settings, env) {
    const parts: Part[] = [];
    for (const type of typesOf(settings)) {
      for (const finder of piiFinders(type)) parts.push(partOf(settings, type, finder));
    }
    for (const source of settings.detect_patterns) {
      if (!isBuiltInType(source)) parts.push(partOf(settings, 'pattern', env.pattern(source)));
    }
    const scanner = unite(parts);
    return {
      inspectText: {
        appliesTo: () => true,
        action: settings.action,
        form: scanner.maxMatchLength === null ? 'buffered' : 'windowed',
        scanner,
      },
    };
  },
};

function typesOf(settings: PiiSettings): ReadonlySet<PiiType> {
  return new Set<PiiType>([
    ...BASE_TYPES,
    ...(settings.pci_mode ? PCI_TYPES : []),
    ...(settings.healthcare_mode ? HEALTHCARE_TYPES : []),
    ...settings.detect_patterns.filter(isBuiltInType),
  ]);
}

function partOf({ action, redaction }: PiiSettings, type: string, finder: Part['finder']): Part {
  const named = redaction.include_metadata ? type : 'pii';
  if (action === 'block') return { finder, type: named };
  const options = {
    format: redaction.marker_format,
    preserveLength: redaction.preserve_length,
    custom: redaction.custom_markers,
  };
  return { finder, type: named, replace: (found) => marker(type, found, options) };
}
