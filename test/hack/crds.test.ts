import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { buildCrds } from '../../hack/generate/crds.ts';
import { type KindFolder, readKinds } from '../../hack/generate/kinds.ts';

const kind = (name: string): KindFolder => ({
  name,
  readme: '',
  hasLint: true,
  schema: { type: 'object', description: 'Settings.', additionalProperties: false, properties: {} },
});

describe('the assembly of CRDs', () => {
  let root: string;
  const source = (node: unknown): unknown[] => {
    writeFileSync(join(root, 'crds/src/a.yaml'), stringify(node));
    return buildCrds(root, [kind('pii-detector'), kind('audit-logger')]);
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kt-crds-'));
    mkdirSync(join(root, 'crds/src/includes'), { recursive: true });
    writeFileSync(join(root, 'crds/src/includes/name.yaml'), 'type: string\ndescription: A name.\n');
    writeFileSync(join(root, 'crds/src/includes/outer.yaml'), 'inner: {x-include: name}\n');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('puts an include in place, keys beside it win', () => {
    expect(source({ a: { 'x-include': 'name', description: 'Another.' } })).to.deep.equal([
      { a: { type: 'string', description: 'Another.' } },
    ]);
  });

  it('expands includes of includes', () => {
    expect(source({ a: { 'x-include': 'outer' } })).to.deep.equal([
      { a: { inner: { type: 'string', description: 'A name.' } } },
    ]);
  });

  it('refuses an include that is not there', () => {
    expect(() => source({ a: { 'x-include': 'missing' } })).to.throw('missing.yaml');
  });

  it('makes the union of the kinds: discriminator, members and one rule each', () => {
    const [union] = source({
      'x-union': 'policy-kinds',
      type: 'object',
      properties: { name: {}, mode: {} },
    }) as [{ properties: Record<string, { enum?: string[] }>; 'x-kubernetes-validations': unknown[] }];
    expect(Object.keys(union.properties)).to.deep.equal([
      'name',
      'kind',
      'mode',
      'piiDetector',
      'auditLogger',
    ]);
    expect(union.properties['kind']?.enum).to.deep.equal(['PiiDetector', 'AuditLogger']);
    expect(union['x-kubernetes-validations'][0]).to.deep.equal({
      rule: "has(self.piiDetector) == (self.kind == 'PiiDetector')",
      message: 'piiDetector must be set where kind is PiiDetector, and only there',
      fieldPath: '.piiDetector',
    });
  });

  it('finds the kinds by their folders', () => {
    const folder = join(root, 'gateway/policies/sixth-kind');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'schema.json'), '{"type": "object"}');
    writeFileSync(join(folder, 'README.md'), '# sixth-kind\n');
    expect(readKinds(root)).to.deep.equal([
      { name: 'sixth-kind', schema: { type: 'object' }, readme: '# sixth-kind\n', hasLint: false },
    ]);
  });
});
