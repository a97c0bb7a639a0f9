import { expect } from 'chai';
import { toMember } from '../../hack/generate/member.ts';
import type { KindSchema } from '../../operator/domain/mapping/kind-schema.ts';

const object = (properties: Record<string, KindSchema>, more: KindSchema = {}): KindSchema => ({
  type: 'object',
  description: 'Settings.',
  additionalProperties: false,
  properties,
  ...more,
});
const text: KindSchema = { type: 'string', description: 'A text.', maxLength: 10 };

describe('a kind’s schema as a member of the CRD union', () => {
  it('converts names of properties and values of enums', () => {
    const member = toMember(
      object(
        {
          block_status: {
            type: 'string',
            description: 'What happens.',
            enum: ['soft_block', 'redact'],
            default: 'soft_block',
          },
        },
        { required: ['block_status'] },
      ),
      'pii-detector',
    );
    expect(member).to.deep.equal({
      title: 'PiiDetectorSettings',
      description: 'Settings.',
      type: 'object',
      required: ['blockStatus'],
      properties: {
        blockStatus: {
          type: 'string',
          description: 'What happens. `SoftBlock` where nothing says otherwise.',
          enum: ['SoftBlock', 'Redact'],
        },
      },
    });
  });

  it('keeps keys of maps as they are and turns their bounds into rules', () => {
    const markers: KindSchema = {
      type: 'object',
      description: 'Markers by type.',
      maxProperties: 4,
      propertyNames: { maxLength: 20, pattern: '^[a-z_]+$' },
      additionalProperties: text,
    };
    const { properties } = toMember(object({ custom_markers: markers }), 'x');
    expect(properties?.['customMarkers']).to.deep.include({ type: 'object', maxProperties: 4 });
    expect(
      properties?.['customMarkers']?.['x-kubernetes-validations']?.map(({ rule }) => rule),
    ).to.deep.equal(['self.all(key, size(key) <= 20)', "self.all(key, key.matches(r'^[a-z_]+$'))"]);
  });

  it('makes a set of unique scalars, a map of named objects, and an atomic list of anything else', () => {
    const rule = object({ name: text }, { required: ['name'] });
    const list = (items: KindSchema, uniqueItems = false): KindSchema => ({
      type: 'array',
      description: 'A list.',
      maxItems: 3,
      items,
      ...(uniqueItems ? { uniqueItems } : {}),
    });
    const { properties } = toMember(object({ a: list(text, true), b: list(rule), c: list(text) }), 'x');
    const types = Object.values(properties ?? {}).map((node) => node['x-kubernetes-list-type']);
    expect(types).to.deep.equal(['set', 'map', 'atomic']);
    expect(properties?.['a']).to.not.have.property('uniqueItems');
  });

  it('follows references', () => {
    const member = toMember({ ...object({ a: { $ref: '#/$defs/text' } }), $defs: { text } }, 'x');
    expect(member.properties?.['a']?.maxLength).to.equal(10);
  });

  const refused: [string, KindSchema, RegExp][] = [
    ['an unbounded string', { type: 'string', description: 'A.' }, /x\.a: it has no maxLength/],
    ['an unbounded list', { type: 'array', description: 'A.', items: text }, /x\.a: it has no maxItems/],
    [
      'an unbounded number',
      { type: 'integer', description: 'A.', minimum: 0 },
      /x\.a: it has no minimum or no maximum/,
    ],
    ['an undescribed field', { type: 'boolean' }, /x\.a: it has no description/],
    ['a float', { type: 'number', description: 'A.' }, /x\.a: type "number" has no place in a CRD/],
    ['an open object', { type: 'object', description: 'A.', properties: {} }, /x\.a: additionalProperties/],
  ];
  for (const [what, schema, message] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => toMember(object({ a: schema }), 'x')).to.throw(message);
    });
  }

  it('refuses keywords that a CRD cannot express', () => {
    const conditional = { ...text, oneOf: [] } as KindSchema;
    expect(() => toMember(object({ a: conditional }), 'x')).to.throw('a CRD cannot express "oneOf"');
  });

  it('refuses two properties that get one name', () => {
    expect(() => toMember(object({ a_b: text, aB: text }), 'x')).to.throw('two properties become aB');
  });
});
