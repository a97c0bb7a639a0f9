import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { storedSchema } from '../../../crds/schema.ts';
import { KIND_SCHEMAS } from '../../../operator/domain/kinds.generated.ts';
import { converterOf } from '../../../operator/domain/mapping/convert.ts';
import type { KindSchema } from '../../../operator/domain/mapping/kind-schema.ts';
import {
  entryToDocument,
  kindNames,
  MappingError,
  settingsPathToResource,
  settingsToDocument,
} from '../../../operator/domain/mapping.ts';
import { readCrds } from '../../../operator/local/crds.ts';
import { structureCheck } from '../../../operator/local/validate/structure.ts';
import { settingsOf } from './settings.ts';

const policyCrd = readCrds(join(import.meta.dirname, '../../../crds')).find(
  (crd) => crd.spec.names.kind === 'GovernancePolicy',
)!;
const members = storedSchema(policyCrd).properties!['spec']!.properties!['entries']!.items!.properties!;

/** Faults of shape: names, types and enum values, which are what the mapping decides. */
const SHAPE = ['Unknown', 'TypeInvalid', 'NotSupported', 'Required'];

/** The way back, which only the property of the round trip needs. */
const settingsToResource = (kind: string, settings: Record<string, unknown>): Record<string, unknown> =>
  converterOf(KIND_SCHEMAS[kind]!, kind).toResource(settings) as Record<string, unknown>;

describe('settings between document and resource', () => {
  it('knows the five kinds of this release', () => {
    expect(Object.keys(KIND_SCHEMAS)).to.include.members([
      'audit-logger',
      'data-routing-policy',
      'dlp-filter',
      'pii-detector',
      'response-rewriter',
    ]);
  });

  for (const [kind, schema] of Object.entries(KIND_SCHEMAS)) {
    it(`${kind}: there and back is the same`, () => {
      fc.assert(
        fc.property(settingsOf(schema), (settings) => {
          const resource = settingsToResource(kind, settings as Record<string, unknown>);
          expect(settingsToDocument(kind, resource)).to.deep.equal(settings);
          expect(settingsToResource(kind, settingsToDocument(kind, resource))).to.deep.equal(resource);
        }),
      );
    });

    it(`${kind}: what comes out has the names and values of the CRD`, () => {
      const check = structureCheck(members[kindNames(kind).member]!);
      fc.assert(
        fc.property(settingsOf(schema), (settings) => {
          const resource = settingsToResource(kind, settings as Record<string, unknown>);
          expect(check(resource).filter(({ code }) => SHAPE.includes(code))).to.deep.equal([]);
        }),
      );
    });
  }

  it('finds a kind by any of its names', () => {
    for (const name of ['pii-detector', 'PiiDetector', 'piiDetector']) {
      expect(kindNames(name).document).to.equal('pii-detector');
    }
    expect(() => kindNames('pii')).to.throw(MappingError, '"pii" is not a policy kind');
  });

  it('spells a path in the settings, and leaves keys of maps and unknown names alone', () => {
    const spelt = (path: string): string => settingsPathToResource('pii-detector', path);
    expect(spelt('detect_patterns[3]')).to.equal('detectPatterns[3]');
    expect(spelt('redaction.custom_markers.credit_card')).to.equal('redaction.customMarkers.credit_card');
    expect(spelt('no_such_field')).to.equal('no_such_field');
    expect(settingsPathToResource('response-rewriter', 'rules[0].pattern')).to.equal('rules[0].pattern');
    expect(spelt('')).to.equal('');
  });

  it('reads an entry', () => {
    const entry = {
      name: 'a',
      kind: 'PiiDetector',
      piiDetector: { action: 'Block', pciMode: false },
    } as const;
    expect(entryToDocument(entry)).to.deep.equal({
      kind: 'pii-detector',
      settings: { action: 'block', pci_mode: false },
    });
  });
});

describe('the converter of a schema', () => {
  const schema: KindSchema = {
    type: 'object',
    properties: {
      on_hit: { type: 'string', enum: ['hold_back', 'let-pass'] },
      free_text: { type: 'string' },
      status_code: { type: 'integer', enum: [403, 409] },
      custom_markers: {
        type: 'object',
        additionalProperties: { type: 'object', properties: { max_length: { type: 'integer' } } },
      },
      rules: { type: 'array', items: { $ref: '#/$defs/rule' } },
    },
    $defs: { rule: { type: 'object', properties: { rule_name: { type: 'string' } } } },
  };
  const converter = converterOf(schema, 'x');
  const document = {
    on_hit: 'hold_back',
    free_text: 'hold_back',
    status_code: 409,
    custom_markers: { credit_card: { max_length: 4 } },
    rules: [{ rule_name: 'rule_name' }],
  };
  const resource = {
    onHit: 'HoldBack',
    freeText: 'hold_back',
    statusCode: 409,
    customMarkers: { credit_card: { maxLength: 4 } },
    rules: [{ ruleName: 'rule_name' }],
  };

  it('converts names and enum values, and never data', () => {
    expect(converter.toResource(document)).to.deep.equal(resource);
    expect(converter.toDocument(resource)).to.deep.equal(document);
  });

  it('refuses what the schema has no place for', () => {
    expect(() => converter.toDocument({ on_hit: 'HoldBack' })).to.throw(
      MappingError,
      'x: it has no field on_hit',
    );
    expect(() => converter.toDocument({ onHit: 'hold_back' })).to.throw(
      MappingError,
      'x.on_hit: it has no value "hold_back"',
    );
  });

  it('refuses a schema in which two names become one', () => {
    const twice: KindSchema = { type: 'object', properties: { a_b: {}, aB: {} } };
    expect(() => converterOf(twice, 'x')).to.throw(MappingError, 'two properties get the same name');
    expect(() => converterOf({ enum: ['a_b', 'a-b'] }, 'x')).to.throw(
      MappingError,
      'two values get the same name',
    );
  });
});
