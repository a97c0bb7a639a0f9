import { expect } from 'chai';
import type { StructuralSchema, ValidationRule } from '../../../crds/schema.ts';
import { createValidator } from '../../../operator/local/validate.ts';
import { crdWith, thing } from './crd.ts';
import { now, updates } from './updates.ts';

/** What the validator says to a spec, one line an error. */
function told(schema: StructuralSchema, spec: unknown, old?: unknown): string[] {
  const result = createValidator([crdWith(schema)]).validate(
    thing(spec),
    old === undefined ? undefined : thing(old),
  );
  return (result.errors ?? []).map(({ path, message }) => `${path}: ${message}`);
}
const object = (
  properties: Record<string, StructuralSchema>,
  more: StructuralSchema = {},
): StructuralSchema => ({
  type: 'object',
  properties,
  ...more,
});
const rules = (...all: string[]): { 'x-kubernetes-validations': ValidationRule[] } => ({
  'x-kubernetes-validations': all.map((rule) => ({ rule, message: `breaks ${rule}` })),
});
const text: StructuralSchema = { type: 'string' };
const number: StructuralSchema = { type: 'integer', format: 'int32' };

describe('local validator: kinds and metadata', () => {
  const validator = createValidator([crdWith(object({}))]);

  it('knows its own kinds only', () => {
    expect(validator.kinds).to.deep.equal(['example.com/v1/Thing']);
    expect(validator.knows(thing({}))).to.equal(true);
    expect(validator.knows({ apiVersion: 'v1', kind: 'Secret' })).to.equal(false);
    expect(validator.knows(null)).to.equal(false);
    expect(validator.validate({ apiVersion: 'v1', kind: 'Secret' }).errors?.[0].path).to.equal('kind');
    expect(validator.validate('text').errors?.[0].message).to.include('apiVersion and kind');
  });

  const bad: [string, unknown, string][] = [
    ['no metadata', undefined, 'metadata.name'],
    ['no name', {}, 'metadata.name'],
    ['a name in capitals', { name: 'A' }, 'metadata.name'],
    ['a name over 253 characters', { name: 'a'.repeat(254) }, 'metadata.name'],
    ['a namespace with a dot', { name: 'a', namespace: 'a.b' }, 'metadata.namespace'],
    ['a label that is a number', { name: 'a', labels: { a: 1 } }, 'metadata.labels'],
    ['a label with a space', { name: 'a', labels: { a: 'b c' } }, 'metadata.labels'],
    ['annotations as a list', { name: 'a', annotations: [] }, 'metadata.annotations'],
    ['an annotation that is a boolean', { name: 'a', annotations: { a: true } }, 'metadata.annotations'],
    ['a label key with a space', { name: 'a', labels: { 'a b': 'c' } }, 'metadata.labels'],
    ['a field that no metadata has', { name: 'a', lables: { a: 'b' } }, 'metadata.lables'],
  ];
  for (const [what, metadata, path] of bad) {
    it(`refuses ${what}`, () => {
      const { errors } = validator.validate({ ...thing({}), metadata });
      expect(errors?.map((error) => error.path)).to.deep.equal([path]);
    });
  }

  it('leaves what a server adds to the metadata alone', () => {
    const metadata = { name: 'a', uid: 'x', generation: 3, ownerReferences: [{ name: 'b' }] };
    expect(validator.validate({ ...thing({}), metadata }).object?.['metadata']).to.deep.equal(metadata);
  });
});

describe('local validator: defaults', () => {
  const schema = object({
    a: { type: 'integer', default: 3 },
    b: object({ c: { type: 'string', default: 'x' } }),
    d: object({ c: { type: 'string', default: 'x' } }, { default: {} }),
    list: { type: 'array', items: object({ e: { type: 'boolean', default: true } }) },
    map: { type: 'object', additionalProperties: object({ f: { type: 'integer', default: 1 } }) },
  });
  const filled = (spec: unknown): unknown =>
    createValidator([crdWith(schema)]).validate(thing(spec)).object?.['spec'];

  it('fills them in below objects that are there', () => {
    expect(filled({})).to.deep.equal({ a: 3, d: { c: 'x' } });
    expect(filled({ b: {} })).to.deep.equal({ a: 3, b: { c: 'x' }, d: { c: 'x' } });
  });

  it('fills them in within lists and maps', () => {
    expect(filled({ list: [{}, { e: false }], map: { k: {} } })).to.deep.include({
      list: [{ e: true }, { e: false }],
      map: { k: { f: 1 } },
    });
  });

  it('takes a field that is null for absent, with or without a default', () => {
    expect(filled({ a: null, b: null, map: { k: { f: null } } })).to.deep.equal({
      a: 3,
      d: { c: 'x' },
      map: { k: { f: 1 } },
    });
    expect(told({ ...schema, required: ['b'] }, { b: null })).to.deep.equal(['spec.b: Required value']);
    expect(told(schema, { list: [null] })).to.deep.equal([
      'spec.list[0]: Invalid value: "null": spec.list[0] in body must be of type object: "null"',
    ]);
  });

  it('changes neither the object nor the default', () => {
    const validator = createValidator([crdWith(schema)]);
    const given = thing({ list: [{}] });
    const copy = structuredClone(given);
    const first = validator.validate(given).object!;
    expect(given).to.deep.equal(copy);
    (first['spec'] as { d: { c: string } }).d.c = 'changed';
    expect(filled({})).to.deep.include({ d: { c: 'x' } });
  });

  it('treats the names of built-in properties as any other', () => {
    const hostile = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}');
    expect(told(schema, hostile)).to.have.members([
      'spec.__proto__: unknown field "spec.__proto__"',
      'spec.constructor: unknown field "spec.constructor"',
    ]);
  });
});

describe('local validator: unknown fields', () => {
  const schema = object({
    a: text,
    list: { type: 'array', items: object({ n: text }) },
    map: { type: 'object', additionalProperties: text },
  });
  const unknown = (spec: unknown): string[] =>
    told(schema, spec).flatMap((line) => /unknown field "(.*)"/.exec(line)?.[1] ?? []);

  it('are told wherever an object stands, also in the place of something else', () => {
    expect(unknown({ b: 1, list: [{ n: 'x', m: 1 }] })).to.deep.equal(['spec.b', 'spec.list[0].m']);
    expect(unknown({ a: { x: 1 }, list: { y: 1 } })).to.deep.equal(['spec.a.x', 'spec.list.y']);
    expect(unknown({ a: [{ x: 1 }], map: { k: { z: 1 } } })).to.deep.equal(['spec.a[0].x', 'spec.map.k.z']);
  });

  it('are not looked into', () => {
    expect(unknown({ b: { c: { d: 1 } } })).to.deep.equal(['spec.b']);
  });
});

describe('local validator: CEL rules', () => {
  const optional = object({ a: text, b: number, list: { type: 'array', items: object({ n: text }) } });

  it('runs a rule with integers, absent fields and macros', () => {
    const schema = { ...optional, ...rules('!has(self.b) || self.b >= 3', 'self.list.all(i, i.n != "x")') };
    expect(told(schema, { b: 3, list: [{ n: 'y' }] })).to.deep.equal([]);
    expect(told(schema, { b: 2, list: [{ n: 'x' }] })).to.deep.equal([
      'spec: Invalid value: breaks !has(self.b) || self.b >= 3',
      'spec: Invalid value: breaks self.list.all(i, i.n != "x")',
    ]);
  });

  it('says why a rule could not be evaluated', () => {
    const schema = { ...optional, ...rules('self.a == "x"') };
    expect(told(schema, {})).to.deep.equal(['spec: Invalid value: rule evaluation error: No such key: a']);
  });

  it('runs rules of items and of map values at their own path', () => {
    const rule = rules('self.startsWith("a")');
    const schema = object({
      list: { type: 'array', items: { ...text, ...rule } },
      map: { type: 'object', additionalProperties: { ...text, ...rule } },
    });
    expect(told(schema, { list: ['a', 'b'], map: { k: 'b' } })).to.deep.equal([
      'spec.list[1]: Invalid value: "b": breaks self.startsWith("a")',
      'spec.map[k]: Invalid value: "b": breaks self.startsWith("a")',
    ]);
  });

  it('leaves rules aside while a field is of a wrong type, and runs them where only a value is wrong', () => {
    const schema = { ...optional, ...rules('false') };
    expect(told(schema, { b: 'x' })).to.have.lengthOf(1);
    const bounded = { ...object({ b: { ...number, minimum: 1 } }), ...rules('false') };
    expect(told(bounded, { b: 0 })).to.deep.equal([
      'spec.b: Invalid value: 0: spec.b in body should be greater than or equal to 1',
      'spec: Invalid value: breaks false',
    ]);
  });

  it('points at the field that the rule names', () => {
    const schema = {
      ...optional,
      'x-kubernetes-validations': [{ rule: 'self.b > 1', message: 'no', fieldPath: '.b' }],
    };
    expect(told(schema, { b: 1 })).to.deep.equal(['spec.b: Invalid value: no']);
  });

  const uncompilable: [string, string][] = [
    ['a field that the schema lacks', 'self.c == "x"'],
    ['a comparison of two types', 'self.a == 3'],
    ['a function that it does not have', 'isURL(self.a)'],
    ['a result that is no bool', 'self.a'],
    ['a syntax error', 'self.a =='],
  ];
  for (const [what, rule] of uncompilable) {
    it(`refuses a CRD whose rule has ${what}`, () => {
      expect(() => createValidator([crdWith({ ...optional, ...rules(rule) })])).to.throw(/rule of spec/);
    });
  }
});

describe('local validator: updates', () => {
  const validator = createValidator([crdWith(now)]);

  it('count what was wrong before only where it changed', () => {
    const refused = updates
      .filter(([, stored, updated]) => validator.validate(thing(updated), thing(stored)).errors !== undefined)
      .map(([name]) => name);
    expect(refused).to.deep.equal([
      'a bad field to another bad one',
      'a good field broken beside a bad one',
      'a bad field added',
      'an immutable field changed',
      'a rule broken anew',
      'a rule over the whole, broken before, beside a change',
      'a part without what it needs, touched',
      'an item that is bad and renamed',
      'an item that breaks a rule anew',
      'too many items, one of them touched',
      'too many items, one in place of another',
      'an item that is bad twice, once as it was',
      'a number beyond its new format, changed',
      'a fraction where an integer must be now, changed',
      'a rule of the step, where nothing was changed',
      'many faults, some of them touched',
      'repetitions anew',
      'an atomic list with bad items in another order',
      'an atomic list with a bad item, longer',
      'a map with a bad value below the name of another',
      'a map with a bad value at another key',
      'an unknown field',
    ]);
  });
});

describe('local validator: transition rules', () => {
  const fixed = { ...text, ...rules('self == oldSelf') };

  it('run on updates only', () => {
    const schema = object({ a: fixed });
    expect(told(schema, { a: 'x' })).to.deep.equal([]);
    expect(told(schema, { a: 'x' }, { a: 'x' })).to.deep.equal([]);
    expect(told(schema, { a: 'y' }, { a: 'x' })).to.deep.equal([
      'spec.a: Invalid value: "y": breaks self == oldSelf',
    ]);
    expect(told(schema, { a: 'y' }, {})).to.deep.equal([]);
  });

  it('find the old item of a map list by its key, wherever it stands', () => {
    const schema = object({
      list: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: object({ name: text, a: fixed }, { required: ['name'] }),
      },
    });
    const old = {
      list: [
        { name: 'x', a: '1' },
        { name: 'y', a: '2' },
      ],
    };
    expect(
      told(
        schema,
        {
          list: [
            { name: 'y', a: '2' },
            { name: 'new', a: '9' },
          ],
        },
        old,
      ),
    ).to.deep.equal([]);
    expect(told(schema, { list: [{ name: 'y', a: '1' }] }, old)).to.deep.equal([
      'spec.list[0].a: Invalid value: "1": breaks self == oldSelf',
    ]);
  });

  it('are refused where no old value can be found', () => {
    const schema = object({ list: { type: 'array', 'x-kubernetes-list-type': 'atomic', items: fixed } });
    expect(() => createValidator([crdWith(schema)])).to.throw('oldSelf is not known here');
  });
});
