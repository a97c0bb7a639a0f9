import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import type { StructuralSchema } from '../../crds/schema.ts';
import { boundFaults } from '../../hack/generate/bounds.ts';
import { permittedFunctions, ruleFaults } from '../../hack/generate/cel-rules.ts';
import { allOutputs, stale } from '../../hack/generate/outputs.ts';
import { crdWith } from '../operator/local/crd.ts';

const root = resolve(import.meta.dirname, '../..');
const permitted = permittedFunctions(root);
const text: StructuralSchema = { type: 'string', description: 'A text.', maxLength: 9 };
const object = (
  properties: Record<string, StructuralSchema>,
  more: StructuralSchema = {},
): StructuralSchema => ({
  type: 'object',
  description: 'An object.',
  properties,
  ...more,
});

describe('generated files', () => {
  it('are what the generators write, twice over', async () => {
    const outputs = await allOutputs(root);
    expect(stale(root, outputs).map(({ path }) => path)).to.deep.equal([]);
    expect(await allOutputs(root)).to.deep.equal(outputs);
  });

  it('are stale when they are missing or differ by a byte', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kt-verify-'));
    try {
      const outputs = ['same', 'changed', 'missing'].map((path) => ({ path: `docs/${path}.md`, text: path }));
      mkdirSync(join(folder, 'docs'));
      writeFileSync(join(folder, 'docs/same.md'), 'same');
      writeFileSync(join(folder, 'docs/changed.md'), 'changed ');
      expect(stale(folder, outputs).map(({ path }) => path)).to.deep.equal([
        'docs/changed.md',
        'docs/missing.md',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('say that they are generated', async () => {
    for (const { path, text: content } of await allOutputs(root)) {
      if (dirname(path) !== 'docs/reference' || path.endsWith('.md')) {
        expect(readFileSync(join(root, path), 'utf8').slice(0, 60), path).to.include('enerated');
      }
      expect(content.endsWith('\n'), path).to.equal(true);
    }
  });
});

describe('rules of CRDs', () => {
  const faultsOf = (rule: string, field: StructuralSchema = text): string[] =>
    ruleFaults(
      crdWith(object({ a: field }, { 'x-kubernetes-validations': [{ rule, message: 'no' }] })),
      permitted,
    );

  it('may use what both sides have', () => {
    expect(
      faultsOf('has(self.a) && size(self.a) > 3 || !self.a.startsWith("b") ? true : self.a in ["x"]'),
    ).to.deep.equal([]);
  });

  const refused: [string, string][] = [
    ['isURL(self.a)', 'isURL'],
    ['quantity(self.a).sub(quantity("1")).isLessThan(quantity("1"))', 'sub, isLessThan'],
    ['self.a.indexOf("x") == 0', 'indexOf'],
    ['[self.a][0] == "x"', '_[_]'],
    ['[self.a].map(x, x + "y").all(x, x != "")', 'map'],
  ];
  for (const [rule, names] of refused) {
    it(`may not use ${names}`, () => {
      expect(faultsOf(rule)).to.have.lengthOf(1);
      expect(faultsOf(rule)[0])
        .to.include(rule)
        .and.satisfy((fault: string) => names.split(', ').every((name) => fault.includes(name)));
    });
  }

  it('may not match by a pattern that RE2 and JavaScript read differently', () => {
    for (const pattern of ['(?i)a', 'a(?=b)', '(a)\\\\1', '\\\\s', '(']) {
      expect(faultsOf(`self.a.matches('${pattern}')`), pattern).to.have.lengthOf(1);
    }
    expect(faultsOf("self.a.matches('^(?:a|b)[0-9]{2}$')")).to.deep.equal([]);
    expect(faultsOf('true', { ...text, pattern: '^\\S+$' })).to.have.lengthOf(1);
  });
});

describe('house rules of CRDs', () => {
  const bare: [string, StructuralSchema, string][] = [
    ['a string', { type: 'string', description: 'A.' }, 'the string has no maxLength'],
    [
      'an integer without bounds',
      { type: 'integer', format: 'int32', description: 'A.' },
      'the integer has no minimum',
    ],
    [
      'an integer without a format',
      { type: 'integer', minimum: 0, description: 'A.' },
      'the integer has no format',
    ],
    [
      'a list without a bound',
      { type: 'array', description: 'A.', items: text, 'x-kubernetes-list-type': 'set' },
      'the list has no maxItems',
    ],
    [
      'a list without a list type',
      { type: 'array', description: 'A.', items: text, maxItems: 2 },
      'the list has no list type',
    ],
    [
      'a map',
      { type: 'object', description: 'A.', additionalProperties: text },
      'the map has no maxProperties',
    ],
    ['a blob', { type: 'object', description: 'A.' }, 'the object is a free-form blob'],
    ['a float', { type: 'number', description: 'A.' }, 'type number is not allowed'],
    ['no description', { type: 'boolean' }, 'it has no description'],
    [
      'an enum in lower case',
      { type: 'string', description: 'A.', enum: ['block'] },
      'enum value block is not PascalCase',
    ],
  ];
  for (const [what, schema, fault] of bare) {
    it(`refuse ${what}`, () => {
      expect(boundFaults(crdWith(object({ a: schema })))).to.deep.equal([
        'Thing <root>: it has no description',
        `Thing spec.a: ${fault}`,
      ]);
    });
  }

  it('refuse a field in snake_case', () => {
    expect(boundFaults(crdWith(object({ max_items: text })))).to.include(
      'Thing spec: field max_items is not camelCase',
    );
  });
});
