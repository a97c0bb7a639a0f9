import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';
import { loadKindContracts } from '../../../gateway/contract/kinds.ts';
import documentSchema from '../../../gateway/contract/policy-config.schema.json' with { type: 'json' };
import { publishedSchema } from '../../../gateway/contract/published-schema.ts';
import { writePolicyConfig } from '../../../gateway/contract/write.ts';
import { kindFolders } from '../../fakes/kind-folders.ts';
import { policyConfig } from './arbitrary.ts';
import { document } from './corpus.ts';

interface Node {
  [keyword: string]: unknown;
  properties?: Record<string, Node>;
}

function visit(node: Node, path: string, seen: (node: Node, path: string) => void): void {
  seen(node, path);
  for (const [keyword, child] of Object.entries(node)) {
    if (['default', 'enum', 'const', 'required'].includes(keyword)) continue;
    const at = `${path}/${keyword}`;
    if (keyword === 'properties' || keyword === '$defs') {
      for (const [name, member] of Object.entries(child as Record<string, Node>))
        visit(member, `${at}/${name}`, seen);
    } else if (child !== null && typeof child === 'object' && !Array.isArray(child))
      visit(child as Node, at, seen);
  }
}

describe('the schema of the document', () => {
  let schema: object;
  let validate: ValidateFunction;
  before(async () => {
    schema = publishedSchema(await loadKindContracts());
    validate = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false }).compile(schema);
  });

  it('describes every field, refuses other keys and bounds every list and text', () => {
    const faults: string[] = [];
    visit(documentSchema as unknown as Node, '#', (node, path) => {
      const of = /\/properties\/[^/]+$|\/items$|\/\$defs\/[^/]+$/.test(path);
      if (of && node['description'] === undefined && node['$ref'] === undefined)
        faults.push(`${path}: no description`);
      if (node.properties !== undefined && node['additionalProperties'] !== false)
        faults.push(`${path}: open`);
      if (node['type'] === 'array' && node['maxItems'] === undefined) faults.push(`${path}: no maxItems`);
      const bounded = ['maxLength', 'enum', 'pattern'].some((keyword) => node[keyword] !== undefined);
      if (node['type'] === 'string' && !bounded && !path.endsWith('/if'))
        faults.push(`${path}: unbounded text`);
      if (node['type'] === 'integer' && node['maximum'] === undefined && node['enum'] === undefined) {
        faults.push(`${path}: unbounded number`);
      }
    });
    expect(faults).to.deep.equal([]);
  });

  it('accepts canonical documents and everything that is written', () => {
    for (const name of ['every-section', 'unbounded-pattern', 'aliases-and-anchors', 'json', 'no-effect']) {
      const value = parse(
        document(`good/${name}.yaml`).replace(/^ {2}audit-logger:$/m, '  audit-logger: {}'),
      ) as {
        providers?: { targets: { models?: unknown[] }[] };
      };
      // A plain model name is one of the looser shapes.
      for (const target of value.providers?.targets ?? []) {
        if (target.models !== undefined) {
          target.models = target.models.map((model) => (typeof model === 'string' ? { name: model } : model));
        }
      }
      expect(validate(value), `${name}: ${JSON.stringify(validate.errors)}`).to.equal(true);
    }
    fc.assert(
      fc.property(policyConfig, (config) => {
        expect(validate(parse(writePolicyConfig(config))), JSON.stringify(validate.errors)).to.equal(true);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses wrong settings of a kind, in a block and at an entry', () => {
    const base = { pack: { name: 'a', version: '1.0.0', enabled: true } };
    const entry = (kind: string, settings: object) => ({
      ...base,
      policies: { chain: [{ kind, settings }] },
    });
    expect(validate(entry('dlp-filter', { action: 'block' }))).to.equal(true);
    expect(validate(entry('dlp-filter', { action: 'blok' }))).to.equal(false);
    expect(validate(entry('pii-detector', { blocked_terms: [] }))).to.equal(false);
    expect(validate(entry('prompt-injection', {}))).to.equal(false);
    const block = (settings: object) => ({
      ...base,
      policies: { chain: [] },
      policy: { 'audit-logger': settings },
    });
    expect(validate(block({ retention_days: 30 }))).to.equal(true);
    expect(validate(block({ retention_days: '30' }))).to.equal(false);
    expect(validate({ ...base, policies: { chain: ['rbac'] } })).to.equal(false);
  });

  it('moves local references of a kind with it', async () => {
    const further = new URL('kinds', import.meta.url).pathname;
    const six = publishedSchema(await loadKindContracts(kindFolders([further])));
    const check = new Ajv2020({ strict: false }).compile(six);
    const at = (count: number) => ({
      pack: { name: 'a', version: '1.0.0', enabled: true },
      policies: { chain: [{ kind: 'phrase-counter', settings: { phrase: 'x', at_most: count } }] },
    });
    expect(check(at(3))).to.equal(true);
    expect(check(at(101))).to.equal(false);
  });
});
